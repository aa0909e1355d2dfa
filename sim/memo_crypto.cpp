// OpenSSL's low-level SHA-256: the same code as behind EVP, without a look-up of the algorithm for
// each of the many short messages.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "sim/memo_crypto.h"

#include <openssl/sha.h>

#include "publish/host_crypto.h"

namespace otter::sim {

bool SignatureMemo::verify(Bytes public_key, const Digest& digest, Bytes signature) {
  SHA256_CTX context;
  std::array<uint8_t, kDigestSize> name;
  SHA256_Init(&context);
  SHA256_Update(&context, public_key.data, public_key.size);
  SHA256_Update(&context, digest.bytes, kDigestSize);
  SHA256_Update(&context, signature.data, signature.size);
  SHA256_Final(name.data(), &context);
  const auto known = verdicts_.find(name);
  if (known != verdicts_.end()) return known->second;
  const bool verdict = HostCrypto().verify_p256(public_key, digest, signature);
  verdicts_.emplace(name, verdict);
  return verdict;
}

struct MemoCrypto::Lanes {
  std::array<SHA256_CTX, kHashLaneCount> contexts;
  SHA256_CTX* at(HashLane lane) { return &contexts[static_cast<size_t>(lane)]; }
};

MemoCrypto::MemoCrypto(SignatureMemo& memo, uint64_t seed)
    : memo_(memo), random_(seed), lanes_(std::make_unique<Lanes>()) {}
MemoCrypto::~MemoCrypto() = default;

void MemoCrypto::sha256_begin(HashLane lane) { SHA256_Init(lanes_->at(lane)); }

void MemoCrypto::sha256_update(HashLane lane, Bytes data) {
  SHA256_Update(lanes_->at(lane), data.data, data.size);
}

Error MemoCrypto::sha256_finish(HashLane lane, Digest* out) {
  SHA256_Final(out->bytes, lanes_->at(lane));
  return Error::ok;
}

bool MemoCrypto::verify_p256(Bytes public_key, const Digest& digest, Bytes signature) {
  return memo_.verify(public_key, digest, signature);
}

Error MemoCrypto::random(MutableBytes out) {
  for (size_t i = 0; i < out.size; ++i) out.data[i] = static_cast<uint8_t>(random_.next());
  return Error::ok;
}

}  // namespace otter::sim
