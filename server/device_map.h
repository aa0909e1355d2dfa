// What is remembered of devices, by their ids: bounded, and in shares, so that threads seldom wait
// for each other. Any thread.
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>

namespace otter::server {

template <typename T>
class DeviceMap {
 public:
  // Of how many devices something is remembered at most; for a new one another is forgotten.
  explicit DeviceMap(size_t devices_max)
      : share_max_(std::max<size_t>(devices_max / shares_.size(), 1)) {}

  // What is known of a device, if only that it is nothing.
  struct Known {
    T value;
    uint64_t changes;  // of its share, so far
  };
  Known find(const std::string& device) {
    Share& share = share_of(device);
    const std::lock_guard<std::mutex> lock(share.lock);
    const auto found = share.devices.find(device);
    return {found == share.devices.end() ? T() : found->second, share.changes};
  }

  // Changes what is remembered by `apply(T&)`, unless forget() has come since `changes` were.
  template <typename Apply>
  void remember(const std::string& device, uint64_t changes, Apply apply) {
    Share& share = share_of(device);
    const std::lock_guard<std::mutex> lock(share.lock);
    if (changes != share.changes) return;
    const bool is_full = share.devices.size() >= share_max_ && !share.devices.contains(device);
    if (is_full) share.devices.erase(share.devices.begin());
    apply(share.devices[device]);
  }

  void forget(const std::string& device) {
    Share& share = share_of(device);
    const std::lock_guard<std::mutex> lock(share.lock);
    ++share.changes;
    share.devices.erase(device);
  }

 private:
  struct Share {
    std::mutex lock;
    uint64_t changes = 0;
    std::unordered_map<std::string, T> devices;
  };
  Share& share_of(const std::string& device) {
    return shares_[std::hash<std::string>()(device) % shares_.size()];
  }

  std::array<Share, 64> shares_;
  const size_t share_max_;
};

}  // namespace otter::server
