#include "server/device_keys.h"

#include "server/secrets.h"

namespace otter::server {
namespace {

constexpr const char* kCantDerive = "can't derive a device's key";

bool is_accepted(const MasterEpochs& masters, uint32_t epoch) {
  return epoch == masters.current.epoch ||
         (masters.previous.has_value() && epoch == masters.previous->epoch);
}

}  // namespace

DeviceKeySet derive_key_set(Crypto& crypto, const std::string& device, const MasterKey& master) {
  DeviceKeySet keys;
  keys.epoch = master.epoch;
  keys.device_key =
      require(derive_device_key(crypto, master.secret, device, master.epoch), kCantDerive);
  const Bytes secret = keys.device_key.bytes;
  keys.api_key = require(derive_purpose_key(crypto, secret, KeyPurpose::api_key), kCantDerive);
  keys.response_mac =
      require(derive_purpose_key(crypto, secret, KeyPurpose::response_mac), kCantDerive);
  return keys;
}

std::optional<DeviceKeySet> DeviceKeys::find(Crypto& crypto, const MasterEpochs& masters,
                                             const std::string& device, const Digest& api_key) {
  const auto [known, changes] = known_.find(device);
  if (known.has_value() && is_accepted(masters, known->epoch) &&
      equal_constant_time(known->api_key.bytes, api_key.bytes)) {
    return known;
  }
  for (const MasterKey* master :
       {&masters.current, masters.previous.has_value() ? &*masters.previous : nullptr}) {
    if (master == nullptr) break;
    const DeviceKeySet keys = derive_key_set(crypto, device, *master);
    if (!equal_constant_time(keys.api_key.bytes, api_key.bytes)) continue;
    known_.remember(device, changes, [&](auto& remembered) { remembered = keys; });
    return keys;
  }
  return std::nullopt;
}

}  // namespace otter::server
