#include "publish/host_crypto.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>

#include "publish/c_deleter.h"

namespace otter {
namespace {

using HashContext = std::unique_ptr<EVP_MD_CTX, CDeleter<EVP_MD_CTX_free>>;
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, CDeleter<EVP_CIPHER_CTX_free>>;
using Key = std::unique_ptr<EVP_PKEY, CDeleter<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, CDeleter<EVP_PKEY_CTX_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, CDeleter<ECDSA_SIG_free>>;

Key key_of_point(Bytes point) {
  KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  char group[] = "P-256";
  OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                         OSSL_PARAM_construct_octet_string(
                             OSSL_PKEY_PARAM_PUB_KEY, const_cast<uint8_t*>(point.data), point.size),
                         OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) != 1) {
    return nullptr;
  }
  return Key(key);
}

// Fetched once: what EVP_sha256() gives is looked up by name, under a lock, at each use.
const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
  return fetched;
}

}  // namespace

struct HostCrypto::Lanes {
  std::array<HashContext, kHashLaneCount> contexts;
  std::array<bool, kHashLaneCount> failed{};

  EVP_MD_CTX* at(HashLane lane) { return contexts[static_cast<size_t>(lane)].get(); }
  bool& failed_at(HashLane lane) { return failed[static_cast<size_t>(lane)]; }
};

HostCrypto::HostCrypto() : lanes_(std::make_unique<Lanes>()) {
  for (HashContext& context : lanes_->contexts) context.reset(EVP_MD_CTX_new());
}
HostCrypto::~HostCrypto() = default;

void HostCrypto::sha256_begin(HashLane lane) {
  lanes_->failed_at(lane) = EVP_DigestInit_ex(lanes_->at(lane), sha256_algorithm(), nullptr) != 1;
}

void HostCrypto::sha256_update(HashLane lane, Bytes data) {
  if (EVP_DigestUpdate(lanes_->at(lane), data.data, data.size) != 1) lanes_->failed_at(lane) = true;
}

Error HostCrypto::sha256_finish(HashLane lane, Digest* out) {
  if (EVP_DigestFinal_ex(lanes_->at(lane), out->bytes, nullptr) != 1) return Error::low_memory;
  return lanes_->failed_at(lane) ? Error::low_memory : Error::ok;
}

bool HostCrypto::verify_p256(Bytes public_key, const Digest& digest, Bytes signature) {
  if (public_key.size != 65 || signature.size != 64) return false;
  const Key key = key_of_point(public_key);
  const EcdsaSignature parts(ECDSA_SIG_new());
  if (!key || !parts) return false;
  ECDSA_SIG_set0(parts.get(), BN_bin2bn(signature.data, 32, nullptr),
                 BN_bin2bn(signature.data + 32, 32, nullptr));
  uint8_t der[80];
  uint8_t* end = der;
  const int der_size = i2d_ECDSA_SIG(parts.get(), &end);
  const KeyContext context(EVP_PKEY_CTX_new(key.get(), nullptr));
  return der_size > 0 && context && EVP_PKEY_verify_init(context.get()) == 1 &&
         EVP_PKEY_verify(context.get(), der, static_cast<size_t>(der_size), digest.bytes,
                         kDigestSize) == 1;
}

Error HostCrypto::random(MutableBytes out) {
  return RAND_bytes(out.data, static_cast<int>(out.size)) == 1 ? Error::ok : Error::random_failed;
}

Error host_xts_encrypt(const uint8_t (&key)[64], uint64_t unit, MutableBytes data) {
  uint8_t tweak[16] = {};
  store_le64(tweak, unit);
  const Cipher cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  const bool done =
      cipher && EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_xts(), nullptr, key, tweak) == 1 &&
      EVP_EncryptUpdate(cipher.get(), data.data, &size, data.data, static_cast<int>(data.size)) ==
          1 &&
      size == static_cast<int>(data.size);
  return done ? Error::ok : Error::low_memory;
}

void host_md5(Bytes data, uint8_t (&out)[16]) {
  EVP_Digest(data.data, data.size, out, nullptr, EVP_md5(), nullptr);
}

}  // namespace otter
