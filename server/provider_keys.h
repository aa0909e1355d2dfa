// The public keys of an identity provider, as its JSON Web Key Set (RFC 7517) has them, and the
// check of a token's signature by them. Pure, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/signed_token.h"

namespace otter::server {

constexpr size_t kProviderKeysMax = 64;  // of a set; more are refused

// A key that may check what one algorithm signs.
struct ProviderKey {
  TokenAlgorithm algorithm = TokenAlgorithm::rs256;
  std::string id;  // empty: it has none
  // Big-endian numbers, as they came. RSA: modulus and exponent. P-256: x and y, 32 bytes each.
  // Ed25519: the key, 32 bytes, and nothing.
  std::string first;
  std::string second;
};

// The set's keys that are for signatures by an algorithm that is taken; others are left out, as is
// RSA below 2048 bits or above 8192.
//
// Errors: TokenError (no set of keys, too many)
std::vector<ProviderKey> parse_key_set(std::string_view text);

// The key that the token names; of a token that names none, the only one for its algorithm; else
// nullptr.
const ProviderKey* key_of_token(const std::vector<ProviderKey>& keys, const SignedToken& token);

// True if the key has made the token's signature.
//
// REQUIRES: key.algorithm == token.algorithm
bool is_signed_by(const SignedToken& token, const ProviderKey& key);

}  // namespace otter::server
