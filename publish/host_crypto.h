// The core's Crypto on the host, by OpenSSL. Each object for one thread at a time.
#pragma once

#include <memory>

#include "ota/wire/crypto.h"

namespace otter {

class HostCrypto : public Crypto {
 public:
  HostCrypto();
  ~HostCrypto() override;
  void sha256_begin(HashLane lane) override;
  void sha256_update(HashLane lane, Bytes data) override;
  Error sha256_finish(HashLane lane, Digest* out) override;
  bool verify_p256(Bytes public_key, const Digest& digest, Bytes signature) override;
  Error random(MutableBytes out) override;

 private:
  struct Lanes;
  std::unique_ptr<Lanes> lanes_;
};

// XTS-AES-256 (IEEE 1619) of one data unit, in place: `key` is the key of the data, then that of
// the tweak. For NVS alone.
//
// REQUIRES: data.size >= 16; the key's halves differ
// Errors:   low_memory (any failure)
Error host_xts_encrypt(const uint8_t (&key)[64], uint64_t unit, MutableBytes data);

// MD5, for the partition table's last row alone.
void host_md5(Bytes data, uint8_t (&out)[16]);

}  // namespace otter
