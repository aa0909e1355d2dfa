// The identity provider that the settings name, as a client of OpenID Connect: where people are
// sent to sign in, and who they are once they come back with a code. What the provider says of
// itself and its keys are kept for an hour. docs/spec/openid.md. Any thread.
#pragma once

#include <boost/json.hpp>
#include <memory>
#include <mutex>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <vector>

#include "ota/wire/crypto.h"
#include "server/fetch.h"
#include "server/openid_settings.h"
#include "server/provider_keys.h"

namespace otter::server {

// The provider can't be asked, or says what it must not: one clear line without any secret.
struct ProviderError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

constexpr int64_t kProviderFactsLifetime = 3600;  // [s]
constexpr int64_t kProviderRetry = 10;            // [s] after a failure nobody asks again
constexpr int64_t kProviderKeysAgain = 60;        // [s] until keys are asked for anew for a new one
constexpr int kSignInsAtOnce = 2;                 // each may wait for the provider

// What a provider says of itself. Source: OpenID Connect Discovery 1.0, section 3
struct ProviderFacts {
  std::string authorization_endpoint;
  std::string token_endpoint;
  std::string jwks_uri;
  bool takes_secret_in_header = true;  // client_secret_basic; else client_secret_post
  bool names_itself = false;           // in each answer, RFC 9207
};

// Errors: ProviderError (no JSON, another issuer, an address that is missing or not https)
ProviderFacts parse_provider_facts(const std::string& text, const std::string& issuer);

// What one sign-in is recognised by: all of it follows from the secret that the browser keeps in a
// cookie, so the server keeps nothing until somebody has signed in.
struct SignInProof {
  std::string state;
  std::string nonce;
  std::string verifier;   // of PKCE, RFC 7636: goes to the provider with the code alone
  std::string challenge;  // its SHA-256, goes in front
};
SignInProof proof_of(Crypto& crypto, const std::string& secret);

// What the provider sends the browser back with.
struct SignInAnswer {
  std::string code;
  std::string issuer;  // empty: it did not say
};

class OpenIdProvider {
 public:
  // `settings` must outlive it. `redirect_uri` is where the provider sends people back to.
  OpenIdProvider(const OpenIdSettings& settings, std::string redirect_uri, Fetcher fetch);

  const OpenIdSettings& settings() const { return settings_; }
  // Bounds how many threads wait for the provider at the same time: who can't get a place must not
  // call what follows.
  std::counting_semaphore<kSignInsAtOnce>& places() { return places_; }

  // Where a browser is sent to sign in.
  //
  // Errors: ProviderError
  // Cost:   may ask the provider, fetch.h
  std::string sign_in_url(const SignInProof& proof, int64_t now_s);

  // The claims of the person who has signed in.
  //
  // Errors: ProviderError; TokenError (what it says won't do, or is another's)
  // Cost:   asks the provider once, or three times
  boost::json::object claims_of(const SignInAnswer& answer, const SignInProof& proof,
                                int64_t now_s);

  // Whether it answers, and how many keys it has: for `otter doctor`.
  //
  // Errors: ProviderError, TokenError
  size_t count_keys(int64_t now_s);

 private:
  ProviderFacts facts(int64_t now_s);
  std::vector<ProviderKey> keys_for(const SignedToken& token, const ProviderFacts& facts,
                                    int64_t now_s);
  void fetch_keys(const ProviderFacts& facts, int64_t now_s);
  std::string body_of(const Fetch& fetch, const char* what);
  std::string id_token_of(const SignInAnswer& answer, const SignInProof& proof,
                          const ProviderFacts& facts);

  const OpenIdSettings& settings_;
  const std::string redirect_uri_;
  const Fetcher fetch_;
  std::counting_semaphore<kSignInsAtOnce> places_{kSignInsAtOnce};
  std::mutex lock_;  // held while the provider is asked: who comes second gets the same answer
  ProviderFacts facts_;
  int64_t facts_fetched_s_ = 0;  // [s since 1970-01-01 UTC] 0: never, as below
  int64_t facts_failed_s_ = 0;
  std::vector<ProviderKey> keys_;
  int64_t keys_fetched_s_ = 0;
};

// The one that the settings name; nullptr: none.
std::unique_ptr<OpenIdProvider> make_openid_provider(const OpenIdSettings& settings,
                                                     const std::string& public_url);

}  // namespace otter::server
