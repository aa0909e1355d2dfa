// The core's cryptography by the classic interface of mbedTLS 2.28 and 3, which ESP-IDF 5 itself
// uses. PSA would be there too, but would bring a key store and a random generator of its own
// along. One caller at a time. A verification takes memory from the heap for the time of the call
// (docs/porting.md), a hash takes none.
//
// Facts: include/mbedtls/md.h and ecdsa.h of Mbed TLS 2.28.3, 3.5.2 and 3.6.5
#pragma once

#include <mbedtls/version.h>

// mbedTLS 4 has this interface no more.
#if MBEDTLS_VERSION_MAJOR < 4
#define OTTER_HAS_MBEDTLS_CRYPTO 1
#include <mbedtls/md.h>

#include "ota/wire/crypto.h"

namespace otter {

class MbedtlsCrypto : public Crypto {
 public:
  MbedtlsCrypto();
  ~MbedtlsCrypto() override;
  MbedtlsCrypto(const MbedtlsCrypto&) = delete;
  MbedtlsCrypto& operator=(const MbedtlsCrypto&) = delete;

  // Takes the memory for all lanes from the heap, once. May be called again.
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
    mbedtls_md_context_t context;
    bool has_failed = true;  // until it is begun
  };
  Lane& at(HashLane lane) { return lanes_[static_cast<size_t>(lane)]; }

  Lane lanes_[kHashLaneCount];
  bool is_begun_ = false;
};

}  // namespace otter

#endif
