// The core's Crypto for worlds that run a million times: everything is really computed, but each
// P-256 verification only once, and random numbers come from a seed. Each object and each memo for
// one thread at a time. docs/simulator.md.
#pragma once

#include <array>
#include <map>
#include <memory>

#include "ota/wire/crypto.h"
#include "sim/trace_hash.h"

namespace otter::sim {

// What OpenSSL has said of a key, a digest and a signature: it would say so again.
class SignatureMemo {
 public:
  bool verify(Bytes public_key, const Digest& digest, Bytes signature);
  // Verifications that were really computed.
  size_t computed() const { return verdicts_.size(); }

 private:
  std::map<std::array<uint8_t, kDigestSize>, bool> verdicts_;  // by SHA-256 of all three
};

class MemoCrypto : public Crypto {
 public:
  // `memo` must outlive it.
  MemoCrypto(SignatureMemo& memo, uint64_t seed);
  ~MemoCrypto() override;
  void sha256_begin(HashLane lane) override;
  void sha256_update(HashLane lane, Bytes data) override;
  Error sha256_finish(HashLane lane, Digest* out) override;
  bool verify_p256(Bytes public_key, const Digest& digest, Bytes signature) override;
  Error random(MutableBytes out) override;

 private:
  struct Lanes;
  SignatureMemo& memo_;
  SeededRandom random_;
  std::unique_ptr<Lanes> lanes_;
};

}  // namespace otter::sim
