#include "ota_esp/psa_crypto.h"

#if OTTER_HAS_PSA_CRYPTO
#include "ota_esp/fill_random.h"

#if !defined(PSA_WANT_ALG_SHA_256) || !defined(PSA_WANT_ALG_ECDSA) || \
    !defined(PSA_WANT_ECC_SECP_R1_256)
#error "Otter needs SHA-256, ECDSA and the curve secp256r1: menuconfig, Component config, mbedTLS"
#endif

namespace otter {

PsaCrypto::~PsaCrypto() {
  for (Lane& lane : lanes_) psa_hash_abort(&lane.operation);
}

Error PsaCrypto::begin() {
  return psa_crypto_init() == PSA_SUCCESS ? Error::ok : Error::low_memory;
}

void PsaCrypto::sha256_begin(HashLane lane) {
  Lane& hash = at(lane);
  psa_hash_abort(&hash.operation);
  hash.has_failed = psa_hash_setup(&hash.operation, PSA_ALG_SHA_256) != PSA_SUCCESS;
}

void PsaCrypto::sha256_update(HashLane lane, Bytes data) {
  Lane& hash = at(lane);
  if (hash.has_failed || data.size == 0) return;
  hash.has_failed = psa_hash_update(&hash.operation, data.data, data.size) != PSA_SUCCESS;
}

Error PsaCrypto::sha256_finish(HashLane lane, Digest* out) {
  Lane& hash = at(lane);
  size_t size = 0;
  const bool is_done = !hash.has_failed && psa_hash_finish(&hash.operation, out->bytes, kDigestSize,
                                                           &size) == PSA_SUCCESS;
  hash.has_failed = true;  // until it is begun again
  return is_done && size == kDigestSize ? Error::ok : Error::low_memory;
}

bool PsaCrypto::verify_p256(Bytes public_key, const Digest& digest, Bytes signature) {
  constexpr size_t kCurveBits = 256;
  const psa_algorithm_t algorithm = PSA_ALG_ECDSA(PSA_ALG_SHA_256);
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1));
  psa_set_key_bits(&attributes, kCurveBits);
  psa_set_key_algorithm(&attributes, algorithm);
  psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_VERIFY_HASH);
  psa_key_id_t key = 0;
  if (psa_import_key(&attributes, public_key.data, public_key.size, &key) != PSA_SUCCESS) {
    return false;
  }
  const psa_status_t status =
      psa_verify_hash(key, algorithm, digest.bytes, kDigestSize, signature.data, signature.size);
  psa_destroy_key(key);
  return status == PSA_SUCCESS;
}

Error PsaCrypto::random(MutableBytes out) { return fill_random(out); }

}  // namespace otter

#endif
