// What an identity provider says of a person: the claims of its ID token, which are believed only
// if the token is signed by the provider, for this server, for this very sign-in, and in time.
// docs/spec/openid.md. Pure, any thread.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/openid_settings.h"
#include "server/provider_keys.h"
#include "server/role.h"

namespace otter::server {

constexpr int64_t kTokenClockTolerance = 60;  // [s] by which two clocks may differ
constexpr size_t kSubjectSizeMax = 255;       // [characters] OpenID Connect Core 1.0, section 2

// What a token must say.
struct ExpectedToken {
  std::string issuer;
  std::string client_id;
  std::string nonce;
  int64_t now_s = 0;  // [s since 1970-01-01 UTC]
};

// The claims of a token that is signed by one of the keys and says what it must.
//
// Errors: TokenError (no key of the provider's, a wrong signature; another issuer, audience or
//         nonce; over, not yet begun; a claim that is missing or of the wrong type)
// Source: OpenID Connect Core 1.0, sections 2 and 3.1.3.7; RFC 8725
boost::json::object checked_claims(const SignedToken& token, const std::vector<ProviderKey>& keys,
                                   const ExpectedToken& expected);

// The highest role that the claims give by the settings; nothing: none. An address that the
// provider has not verified gives none.
std::optional<Role> role_of_claims(const boost::json::object& claims,
                                   const OpenIdSettings& settings);

// How the person's account shall be called, of the characters that a name may have: by the claim
// that the settings name, else by the e-mail address, else by the subject.
std::string account_name_of_claims(const boost::json::object& claims,
                                   const OpenIdSettings& settings);

}  // namespace otter::server
