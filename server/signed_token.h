// A JSON Web Token as an identity provider signs it: JWS in its compact form (RFC 7515 section
// 7.1), taken apart. What it says counts only once its signature has been checked: provider_keys.h.
// Pure, any thread.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace otter::server {

// A token won't do: one clear line that holds nothing of the token but names of its fields.
struct TokenError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The algorithms that are taken; all others are refused, `none` and HMAC above all: who knows a
// public key could else sign with it.
//
// Source: RFC 7518 section 3.1; RFC 8037 section 3.1; RFC 8725 section 3.1
enum class TokenAlgorithm : uint8_t {
  rs256,  // RSASSA-PKCS1-v1_5 with SHA-256
  es256,  // ECDSA on P-256 with SHA-256
  eddsa,  // Ed25519
};
std::optional<TokenAlgorithm> token_algorithm_of_name(std::string_view name);

constexpr size_t kTokenSizeMax = 32 * 1024;  // [bytes]

struct SignedToken {
  TokenAlgorithm algorithm = TokenAlgorithm::rs256;
  std::string key_id;       // empty: it names none
  std::string signed_text;  // what the signature is over
  std::string signature;    // its bytes
  boost::json::object claims;
};

// Errors: TokenError (not three parts of base64url, too large, no JSON objects, an algorithm that
// is
//         not taken, an extension that has to be understood)
SignedToken parse_signed_token(std::string_view text);

// A member that is text; empty if it is missing or none.
std::string text_member(const boost::json::object& object, std::string_view name);
// True if a member is a list that has this text.
bool lists_text(const boost::json::object& object, std::string_view name, std::string_view text);

// The bytes of base64url without padding (RFC 4648 section 5); nothing if it is none.
std::optional<std::string> base64url_decoded(std::string_view text);

}  // namespace otter::server
