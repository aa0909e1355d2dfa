#include "server/device_keys.h"

#include <algorithm>
#include <functional>

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

DeviceKeys::DeviceKeys(size_t devices_max)
    : shard_size_max_(std::max<size_t>(devices_max / shards_.size(), 1)) {}

std::optional<DeviceKeySet> DeviceKeys::find(Crypto& crypto, const MasterEpochs& masters,
                                             const std::string& device, const Digest& api_key) {
  const std::optional<DeviceKeySet> known = remembered(device);
  if (known.has_value() && is_accepted(masters, known->epoch) &&
      equal_constant_time(known->api_key.bytes, api_key.bytes)) {
    return known;
  }
  for (const MasterKey* master :
       {&masters.current, masters.previous.has_value() ? &*masters.previous : nullptr}) {
    if (master == nullptr) break;
    const DeviceKeySet keys = derive_key_set(crypto, device, *master);
    if (!equal_constant_time(keys.api_key.bytes, api_key.bytes)) continue;
    remember(device, keys);
    return keys;
  }
  return std::nullopt;
}

std::optional<DeviceKeySet> DeviceKeys::remembered(const std::string& device) {
  Shard& shard = shard_of(device);
  const std::lock_guard<std::mutex> lock(shard.lock);
  const auto known = shard.known.find(device);
  return known == shard.known.end() ? std::nullopt : std::optional(known->second);
}

void DeviceKeys::remember(const std::string& device, const DeviceKeySet& keys) {
  Shard& shard = shard_of(device);
  const std::lock_guard<std::mutex> lock(shard.lock);
  if (shard.known.size() >= shard_size_max_) shard.known.erase(shard.known.begin());
  shard.known[device] = keys;
}

DeviceKeys::Shard& DeviceKeys::shard_of(const std::string& device) {
  return shards_[std::hash<std::string>()(device) % shards_.size()];
}

}  // namespace otter::server
