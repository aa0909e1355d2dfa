#include "server/secrets.h"

#include <vector>

#include "publish/base64.h"

namespace otter::server {
namespace {

constexpr size_t kSecretSize = 32;  // [bytes]

}  // namespace

std::string base64url(Bytes data) {
  std::string text = base64_text(data);
  text.erase(text.find_last_not_of('=') + 1);
  for (char& c : text) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return text;
}

std::string random_bytes(Crypto& crypto, size_t size) {
  std::vector<uint8_t> bytes(size);
  const Error error = crypto.random(bytes);
  if (error != Error::ok) throw std::runtime_error(meaning(error).data);
  return {bytes.begin(), bytes.end()};
}

std::string make_secret(Crypto& crypto, const char* prefix) {
  return prefix + base64url(as_bytes(random_bytes(crypto, kSecretSize)));
}

Digest hash_secret(Crypto& crypto, const std::string& secret) {
  return require(sha256(crypto, as_bytes(secret)), "can't hash a key");
}

}  // namespace otter::server
