// What the core needs of cryptography. The chip's implementation is ota_esp/ (PSA), the host's
// publish/host_crypto (OpenSSL). One caller at a time.
#pragma once

#include "ota/wire/digest.h"

namespace otter {

// Hash computations that run side by side, each with a state of its own.
enum class HashLane : uint8_t { message, block, image };
constexpr size_t kHashLaneCount = 3;

class Crypto {
 public:
  virtual ~Crypto() = default;

  // Starts a SHA-256; what the lane held before is dropped.
  virtual void sha256_begin(HashLane lane) = 0;
  virtual void sha256_update(HashLane lane, Bytes data) = 0;
  // Ends it.
  //
  // Errors: low_memory (any failure since sha256_begin)
  virtual Error sha256_finish(HashLane lane, Digest* out) = 0;

  // True only if `signature` [64 bytes, r || s big-endian] over `digest` was made by the owner of
  // `public_key` [65 bytes, SEC1 uncompressed]. Callers check r and s with is_signature_in_range().
  virtual bool verify_p256(Bytes public_key, const Digest& digest, Bytes signature) = 0;

  // Fills `out` from the system's random number generator.
  //
  // Errors: random_failed
  virtual Error random(MutableBytes out) = 0;
};

// SHA-256 of `data`.
//
// Errors: low_memory
Result<Digest> sha256(Crypto& crypto, Bytes data);

// HMAC-SHA256 (RFC 2104) over what is given piece by piece. Occupies its lane until finish().
class HmacSha256 {
 public:
  HmacSha256(Crypto& crypto, HashLane lane) : crypto_(crypto), lane_(lane) {}
  void begin(Bytes key);
  void update(Bytes data);
  // Errors: low_memory
  Result<Digest> finish();

 private:
  Crypto& crypto_;
  HashLane lane_;
  uint8_t key_[64] = {};
  Error error_ = Error::ok;
};

// Errors: low_memory
Result<Digest> hmac_sha256(Crypto& crypto, Bytes key, Bytes data);

// HKDF (RFC 5869) with SHA-256, one block of output. `info` <= 192 bytes.
//
// Errors: low_memory, too_large (info)
Result<Digest> hkdf_sha256(Crypto& crypto, Bytes key, Bytes salt, Bytes info);

// The keys of one device, docs/spec/device-keys.md. K_dev is all that a device keeps.
enum class KeyPurpose : uint8_t {
  response_mac,  // authenticates the server's statements
  api_key,       // sent as X-API-Key, in hexadecimal
};
constexpr size_t kDeviceKeySize = 32;  // [bytes]

// K_dev of `device_id` in `epoch` of the fleet's master secret [32 bytes].
//
// Errors: low_memory, too_large (device_id)
Result<Digest> derive_device_key(Crypto& crypto, Bytes master, Text device_id, uint32_t epoch);
// Errors: low_memory
Result<Digest> derive_purpose_key(Crypto& crypto, Bytes device_key, KeyPurpose purpose);

}  // namespace otter
