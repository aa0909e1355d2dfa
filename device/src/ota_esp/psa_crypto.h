// The core's cryptography by the PSA API: all that mbedTLS 4 (ESP-IDF 6) has. One caller at a time.
//
// It takes memory from the heap for each verification, and the library may for each hash
// (docs/porting.md): a hash that gets none ends with low_memory.
//
// Facts: PSA Certified Crypto API 1.1; ESP-IDF v6.0.2 components/mbedtls (mbedTLS 4)
#pragma once

#include <mbedtls/version.h>

// Before mbedTLS 4 a build may have it or not.
#if MBEDTLS_VERSION_MAJOR >= 4 || defined(MBEDTLS_PSA_CRYPTO_C)
#define OTTER_HAS_PSA_CRYPTO 1
#include <psa/crypto.h>

#include "ota/wire/crypto.h"

namespace otter {

class PsaCrypto : public Crypto {
 public:
  PsaCrypto() = default;
  ~PsaCrypto() override;
  PsaCrypto(const PsaCrypto&) = delete;
  PsaCrypto& operator=(const PsaCrypto&) = delete;

  // Starts the library, which takes memory of its own. May be called again.
  //
  // Errors: low_memory
  Error begin();

  void sha256_begin(HashLane lane) override;
  void sha256_update(HashLane lane, Bytes data) override;
  Error sha256_finish(HashLane lane, Digest* out) override;
  bool verify_p256(Bytes public_key, const Digest& digest, Bytes signature) override;
  Error random(MutableBytes out) override;

 private:
  struct Lane {
    psa_hash_operation_t operation = PSA_HASH_OPERATION_INIT;
    bool has_failed = true;  // until it is begun
  };
  Lane& at(HashLane lane) { return lanes_[static_cast<size_t>(lane)]; }

  Lane lanes_[kHashLaneCount];
};

}  // namespace otter

#endif
