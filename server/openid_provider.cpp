#include "server/openid_provider.h"

#include <fstream>

#include "ota/wire/url.h"
#include "publish/base64.h"
#include "publish/https_client.h"
#include "publish/url_encode.h"
#include "server/id_token.h"
#include "server/secrets.h"

namespace otter::server {
namespace {

namespace json = boost::json;

constexpr char kCallbackPath[] = "/api/v1/sign-in/openid/callback";
constexpr unsigned kOk = 200;

using Form = std::vector<std::pair<std::string, std::string>>;

std::string encoded(const Form& form) {
  std::string text;
  for (const auto& [name, value] : form) {
    text += (text.empty() ? "" : "&") + name + "=" + url_encode(value);
  }
  return text;
}

json::object object_in(const std::string& text, const char* what) {
  boost::system::error_code error;
  json::value document = json::parse(text, error);
  if (error || !document.is_object()) {
    throw ProviderError(std::string("the provider's ") + what + " is not a JSON object");
  }
  return std::move(document.as_object());
}

std::string https_member(const json::object& facts, const char* name) {
  const std::string url = text_member(facts, name);
  const Result<UrlParts> parts = split_url({url.data(), url.size()});
  if (parts.ok() && parse_https_url(parts.value.origin).ok()) return url;
  throw ProviderError(std::string("the provider states no https address as ") + name);
}

// Read each time, so that it can be changed without a restart.
std::string client_secret(const OpenIdSettings& settings) {
  if (settings.client_secret_file.empty()) return "";
  std::string secret;
  if (std::ifstream(settings.client_secret_file) >> secret) return secret;
  throw ProviderError("the client's secret can't be read from " + settings.client_secret_file);
}

// True if it was at `since_s`, no longer ago than `span_s`. A clock that was set back ends it, too.
bool is_within(int64_t since_s, int64_t span_s, int64_t now_s) {
  return since_s != 0 && now_s >= since_s && now_s - since_s < span_s;
}

std::string scopes_of(const OpenIdSettings& settings) {
  std::string text;
  for (const std::string& scope : settings.scopes) text += (text.empty() ? "" : " ") + scope;
  return text;
}

}  // namespace

SignInProof proof_of(Crypto& crypto, const std::string& secret) {
  const auto derived = [&](const std::string& purpose) {
    return base64url(hash_secret(crypto, "otter openid " + purpose + " of " + secret).bytes);
  };
  SignInProof proof = {derived("state"), derived("nonce"), derived("verifier"), ""};
  proof.challenge = base64url(hash_secret(crypto, proof.verifier).bytes);
  return proof;
}

ProviderFacts parse_provider_facts(const std::string& text, const std::string& issuer) {
  const json::object document = object_in(text, "configuration");
  if (text_member(document, "issuer") != issuer) {
    throw ProviderError("the provider calls itself \"" + text_member(document, "issuer") +
                        "\": that is what the setting openid.issuer must be");
  }
  ProviderFacts facts;
  facts.authorization_endpoint = https_member(document, "authorization_endpoint");
  facts.token_endpoint = https_member(document, "token_endpoint");
  facts.jwks_uri = https_member(document, "jwks_uri");
  const char* const kMethods = "token_endpoint_auth_methods_supported";
  facts.takes_secret_in_header =
      !document.contains(kMethods) || lists_text(document, kMethods, "client_secret_basic");
  const json::value* names_itself =
      document.if_contains("authorization_response_iss_parameter_supported");
  facts.names_itself = names_itself != nullptr && *names_itself == json::value(true);
  return facts;
}

OpenIdProvider::OpenIdProvider(const OpenIdSettings& settings, std::string redirect_uri,
                               Fetcher fetch)
    : settings_(settings), redirect_uri_(std::move(redirect_uri)), fetch_(std::move(fetch)) {}

std::string OpenIdProvider::body_of(const Fetch& fetch, const char* what) {
  const Fetched answer = fetch_(fetch);
  if (answer.error != Error::ok) {
    throw ProviderError(std::string("the provider's ") + what + ": " + answer.detail);
  }
  if (answer.status == kOk) return answer.body;
  throw ProviderError(std::string("the provider's ") + what + ": status " +
                      std::to_string(answer.status));
}

ProviderFacts OpenIdProvider::facts(int64_t now_s) {
  const std::lock_guard<std::mutex> lock(lock_);
  if (is_within(facts_fetched_s_, kProviderFactsLifetime, now_s)) return facts_;
  if (is_within(facts_failed_s_, kProviderRetry, now_s)) {
    throw ProviderError("the provider could not be asked a moment ago");
  }
  facts_failed_s_ = now_s;
  // An issuer may end with a slash, which is not doubled: Discovery 1.0, section 4.
  std::string url = settings_.issuer;
  if (url.ends_with('/')) url.pop_back();
  Fetch fetch;
  fetch.url = url + "/.well-known/openid-configuration";
  fetch.ca_file = settings_.ca;
  facts_ = parse_provider_facts(body_of(fetch, "configuration"), settings_.issuer);
  facts_fetched_s_ = now_s;
  facts_failed_s_ = 0;
  return facts_;
}

void OpenIdProvider::fetch_keys(const ProviderFacts& facts, int64_t now_s) {
  Fetch fetch;
  fetch.url = facts.jwks_uri;
  fetch.ca_file = settings_.ca;
  keys_ = parse_key_set(body_of(fetch, "keys"));
  keys_fetched_s_ = now_s;
}

// A key that is not known may be a new one; who sends tokens with names of keys that there are not
// can't have the provider asked more than once a minute.
std::vector<ProviderKey> OpenIdProvider::keys_for(const SignedToken& token,
                                                  const ProviderFacts& facts, int64_t now_s) {
  const std::lock_guard<std::mutex> lock(lock_);
  const bool is_known = key_of_token(keys_, token) != nullptr;
  const int64_t lifetime_s = is_known ? kProviderFactsLifetime : kProviderKeysAgain;
  if (!is_within(keys_fetched_s_, lifetime_s, now_s)) fetch_keys(facts, now_s);
  return keys_;
}

std::string OpenIdProvider::sign_in_url(const SignInProof& proof, int64_t now_s) {
  const std::string& endpoint = facts(now_s).authorization_endpoint;
  const bool has_query = endpoint.find('?') != std::string::npos;
  return endpoint + (has_query ? "&" : "?") +
         encoded({{"response_type", "code"},
                  {"client_id", settings_.client_id},
                  {"redirect_uri", redirect_uri_},
                  {"scope", scopes_of(settings_)},
                  {"state", proof.state},
                  {"nonce", proof.nonce},
                  {"code_challenge", proof.challenge},
                  {"code_challenge_method", "S256"}});
}

// Source: RFC 6749 sections 2.3.1 and 4.1.3, RFC 7636 section 4.5
std::string OpenIdProvider::id_token_of(const SignInAnswer& answer, const SignInProof& proof,
                                        const ProviderFacts& facts) {
  Form form = {{"grant_type", "authorization_code"},
               {"code", answer.code},
               {"redirect_uri", redirect_uri_},
               {"code_verifier", proof.verifier}};
  Fetch fetch;
  fetch.method = "POST";
  fetch.url = facts.token_endpoint;
  fetch.ca_file = settings_.ca;
  fetch.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                   {"Accept", "application/json"}};
  const std::string secret = client_secret(settings_);
  if (!secret.empty() && facts.takes_secret_in_header) {
    const std::string pair = url_encode(settings_.client_id) + ":" + url_encode(secret);
    fetch.headers.emplace_back("Authorization", "Basic " + base64_text(as_bytes(pair)));
  } else {
    form.emplace_back("client_id", settings_.client_id);
    if (!secret.empty()) form.emplace_back("client_secret", secret);
  }
  fetch.body = encoded(form);
  const std::string token = text_member(
      object_in(body_of(fetch, "answer to the code"), "answer to the code"), "id_token");
  if (token.empty()) throw ProviderError("the provider's answer to the code has no id_token");
  return token;
}

json::object OpenIdProvider::claims_of(const SignInAnswer& answer, const SignInProof& proof,
                                       int64_t now_s) {
  const ProviderFacts known = facts(now_s);
  if ((known.names_itself || !answer.issuer.empty()) && answer.issuer != settings_.issuer) {
    throw TokenError("the answer is another issuer's");
  }
  const SignedToken token = parse_signed_token(id_token_of(answer, proof, known));
  return checked_claims(token, keys_for(token, known, now_s),
                        {settings_.issuer, settings_.client_id, proof.nonce, now_s});
}

size_t OpenIdProvider::count_keys(int64_t now_s) {
  const ProviderFacts known = facts(now_s);
  const std::lock_guard<std::mutex> lock(lock_);
  fetch_keys(known, now_s);
  return keys_.size();
}

std::unique_ptr<OpenIdProvider> make_openid_provider(const OpenIdSettings& settings,
                                                     const std::string& public_url) {
  if (!settings.is_on()) return nullptr;
  return std::make_unique<OpenIdProvider>(settings, public_url + kCallbackPath, fetch_https);
}

}  // namespace otter::server
