// The keys of devices that have shown theirs, kept in memory: deriving them anew for each request
// costs eight HMACs. docs/spec/device-keys.md. Any thread.
#pragma once

#include <optional>
#include <string>

#include "server/device_map.h"
#include "server/master_keys.h"

namespace otter::server {

struct DeviceKeySet {
  uint32_t epoch = 0;
  Digest device_key;    // K_dev
  Digest api_key;       // what the device sends
  Digest response_mac;  // the key of the MAC in answers to it
};

// Errors: std::runtime_error
DeviceKeySet derive_key_set(Crypto& crypto, const std::string& device, const MasterKey& master);

class DeviceKeys {
 public:
  // At most this many devices are remembered, 200 bytes each.
  explicit DeviceKeys(size_t devices_max = 1'000'000) : known_(devices_max) {}

  // Of the epoch, current or previous, in which the device sends `api_key`; none if in neither.
  // Only who has shown the right key is remembered, so what it takes tells nothing of a device.
  //
  // Errors: std::runtime_error
  std::optional<DeviceKeySet> find(Crypto& crypto, const MasterEpochs& masters,
                                   const std::string& device, const Digest& api_key);

 private:
  DeviceMap<std::optional<DeviceKeySet>> known_;
};

}  // namespace otter::server
