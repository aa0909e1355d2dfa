#include "ota/wire/crypto.h"

namespace otter {
namespace {

constexpr size_t kBlockSizeOfSha256 = 64;  // [bytes] RFC 2104: B
constexpr char kSalt[] = "otter-v1";
constexpr const char* kPurposes[] = {"resp-mac", "api-key"};
constexpr size_t kInfoSizeMax = 192;

}  // namespace

Result<Digest> sha256(Crypto& crypto, Bytes data) {
  Digest digest;
  crypto.sha256_begin(HashLane::message);
  crypto.sha256_update(HashLane::message, data);
  OTTER_TRY(crypto.sha256_finish(HashLane::message, &digest));
  return digest;
}

void HmacSha256::begin(Bytes key) {
  memset(key_, 0, sizeof(key_));
  error_ = Error::ok;
  if (key.size <= kBlockSizeOfSha256) {
    if (key.size > 0) memcpy(key_, key.data, key.size);
  } else {
    Digest short_key;
    crypto_.sha256_begin(lane_);
    crypto_.sha256_update(lane_, key);
    error_ = crypto_.sha256_finish(lane_, &short_key);
    memcpy(key_, short_key.bytes, kDigestSize);
  }
  uint8_t inner[kBlockSizeOfSha256];
  for (size_t i = 0; i < sizeof(inner); ++i) inner[i] = static_cast<uint8_t>(key_[i] ^ 0x36);
  crypto_.sha256_begin(lane_);
  crypto_.sha256_update(lane_, inner);
}

void HmacSha256::update(Bytes data) { crypto_.sha256_update(lane_, data); }

Result<Digest> HmacSha256::finish() {
  Digest inner;
  OTTER_TRY(crypto_.sha256_finish(lane_, &inner));
  OTTER_TRY(error_);
  uint8_t outer[kBlockSizeOfSha256];
  for (size_t i = 0; i < sizeof(outer); ++i) outer[i] = static_cast<uint8_t>(key_[i] ^ 0x5C);
  Digest digest;
  crypto_.sha256_begin(lane_);
  crypto_.sha256_update(lane_, outer);
  crypto_.sha256_update(lane_, inner.bytes);
  OTTER_TRY(crypto_.sha256_finish(lane_, &digest));
  return digest;
}

Result<Digest> hmac_sha256(Crypto& crypto, Bytes key, Bytes data) {
  HmacSha256 hmac(crypto, HashLane::message);
  hmac.begin(key);
  hmac.update(data);
  return hmac.finish();
}

Result<Digest> hkdf_sha256(Crypto& crypto, Bytes key, Bytes salt, Bytes info) {
  if (info.size > kInfoSizeMax) return Error::too_large;
  OTTER_TRY_SET(const Digest extracted, hmac_sha256(crypto, salt, key));
  const uint8_t counter = 1;
  HmacSha256 expand(crypto, HashLane::message);
  expand.begin(extracted.bytes);
  expand.update(info);
  expand.update(Bytes(&counter, 1));
  return expand.finish();
}

Result<Digest> derive_device_key(Crypto& crypto, Bytes master, Text device_id, uint32_t epoch) {
  uint8_t info[kInfoSizeMax];
  Appender appender(info);
  appender.text("device");
  appender.u8(0);
  appender.text(device_id);
  appender.u8(0);
  appender.le32(epoch);
  if (appender.failed()) return Error::too_large;
  return hkdf_sha256(crypto, master, as_bytes(Text(kSalt)), appender.written());
}

Result<Digest> derive_purpose_key(Crypto& crypto, Bytes device_key, KeyPurpose purpose) {
  const Text info = kPurposes[static_cast<size_t>(purpose)];
  return hkdf_sha256(crypto, device_key, as_bytes(Text(kSalt)), as_bytes(info));
}

}  // namespace otter
