#include "ota/device_keys.h"

namespace otter {
namespace {

// A setting: u32 epoch, little-endian, and the secret.
constexpr size_t kSettingSize = 4 + kDeviceKeySize;  // [bytes]

}  // namespace

Error DeviceKeys::load() {
  api_key_size_ = 0;
  epoch_ = 0;
  on_trial_ = false;
  OTTER_TRY_SET(on_trial_, load_from(Setting::next_device_key));
  return on_trial_ ? Error::ok : load_from(Setting::device_key).error;
}

Result<bool> DeviceKeys::load_from(Setting setting) {
  uint8_t value[kSettingSize];
  const Result<size_t> size = ports_.settings.load(setting, value);
  if (size.error == Error::too_large) return false;
  OTTER_TRY(size.error);
  if (size.value != kSettingSize || load_le32(value) == 0) return false;
  OTTER_TRY(use(load_le32(value), Bytes(value).part(4)));
  return true;
}

// Both keys change, or neither does: the server would answer one with the other's.
Error DeviceKeys::use(uint32_t epoch, Bytes secret) {
  OTTER_TRY_SET(const Digest mac_key,
                derive_purpose_key(ports_.crypto, secret, KeyPurpose::response_mac));
  OTTER_TRY_SET(const Digest key, derive_purpose_key(ports_.crypto, secret, KeyPurpose::api_key));
  Appender appender(MutableBytes(reinterpret_cast<uint8_t*>(api_key_), sizeof(api_key_)));
  appender.text(config_.device_id);
  appender.u8('.');
  appender.text(to_hex(key));
  if (appender.failed()) return Error::too_large;
  mac_key_ = mac_key;
  api_key_size_ = appender.written().size;
  epoch_ = epoch;
  return Error::ok;
}

Error DeviceKeys::take(uint32_t epoch, Bytes secret) {
  uint8_t value[kSettingSize];
  store_le32(value, epoch);
  memcpy(value + 4, secret.data, kDeviceKeySize);
  OTTER_TRY(ports_.settings.store(Setting::next_device_key, value));
  OTTER_TRY(use(epoch, secret));
  on_trial_ = true;
  return Error::ok;
}

Error DeviceKeys::accepted() {
  if (!on_trial_) return Error::ok;
  uint8_t value[kSettingSize];
  OTTER_TRY_SET(const size_t size, ports_.settings.load(Setting::next_device_key, value));
  OTTER_TRY(ports_.settings.store(Setting::device_key, Bytes(value, size)));
  OTTER_TRY(ports_.settings.store(Setting::next_device_key, Bytes()));
  on_trial_ = false;
  return Error::ok;
}

Error DeviceKeys::refused() {
  if (!on_trial_) return Error::ok;
  OTTER_TRY(ports_.settings.store(Setting::next_device_key, Bytes()));
  return load();
}

}  // namespace otter
