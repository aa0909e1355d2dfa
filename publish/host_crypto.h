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

// MD5, for the partition table's last row alone.
void host_md5(Bytes data, uint8_t (&out)[16]);

}  // namespace otter
