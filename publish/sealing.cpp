#include "publish/sealing.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "publish/c_deleter.h"

namespace otter {
namespace {

constexpr size_t kNonceSize = 12;  // [bytes]
constexpr size_t kTagSize = 16;    // [bytes]

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, CDeleter<EVP_CIPHER_CTX_free>>;

void demand(bool done) {
  if (!done) throw std::runtime_error("can't encrypt: no memory or no random numbers");
}

}  // namespace

std::vector<uint8_t> seal(const Digest& key, const std::string& text) {
  std::vector<uint8_t> sealed(kNonceSize + text.size() + kTagSize);
  uint8_t* const nonce = sealed.data();
  uint8_t* const body = nonce + kNonceSize;
  const int text_size = static_cast<int>(text.size());
  const Cipher cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  demand(RAND_bytes(nonce, kNonceSize) == 1);
  demand(EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key.bytes, nonce) == 1);
  demand(EVP_EncryptUpdate(cipher.get(), body, &size, as_bytes(text).data, text_size) == 1);
  demand(EVP_EncryptFinal_ex(cipher.get(), body + size, &size) == 1);
  demand(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagSize, body + text_size) == 1);
  return sealed;
}

std::optional<std::string> unseal(const Digest& key, Bytes sealed) {
  if (sealed.size < kNonceSize + kTagSize) return std::nullopt;
  const size_t text_size = sealed.size - kNonceSize - kTagSize;
  const Bytes body = sealed.part(kNonceSize, text_size);
  uint8_t tag[kTagSize];
  std::copy_n(sealed.data + kNonceSize + text_size, kTagSize, tag);
  std::string text(text_size, '\0');
  auto* const out = reinterpret_cast<uint8_t*>(text.data());
  const Cipher cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  const bool good =
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key.bytes, sealed.data) == 1 &&
      EVP_DecryptUpdate(cipher.get(), out, &size, body.data, static_cast<int>(text_size)) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagSize, tag) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), out + size, &size) == 1;
  return good ? std::optional(text) : std::nullopt;
}

}  // namespace otter
