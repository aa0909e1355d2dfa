// Keys and tokens that the server gives out, and the form in which it keeps them. Pure but for the
// Crypto that is handed in.
#pragma once

#include <stdexcept>
#include <string>

#include "ota/wire/crypto.h"

namespace otter::server {

constexpr char kApiKeyPrefix[] = "otk_";
constexpr char kAdminTokenPrefix[] = "ota_";
constexpr char kHmacSecretPrefix[] = "oth_";

// `prefix` and 32 random bytes in base64url [kSecretTextSize characters].
//
// Errors: std::runtime_error (no random numbers)
std::string make_secret(Crypto& crypto, const char* prefix);
constexpr size_t kSecretTextSize = 43;

// RFC 4648 section 5, without padding.
std::string base64url(Bytes data);

// What is stored in place of a key or token. It has 256 random bits, so a plain hash is enough:
// there is nothing to guess.
//
// Errors: std::runtime_error (no memory)
Digest hash_secret(Crypto& crypto, const std::string& secret);

// The value, or std::runtime_error with `what`.
template <typename T>
T require(const Result<T>& result, const char* what) {
  if (result.ok()) return result.value;
  throw std::runtime_error(std::string(what) + ": " + meaning(result.error).data);
}

// `size` random bytes; the same errors.
std::string random_bytes(Crypto& crypto, size_t size);

}  // namespace otter::server
