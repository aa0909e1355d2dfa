#include "server/address_counts.h"

namespace otter::server {

bool AddressCounts::enter(uint64_t key, uint32_t most) {
  const std::lock_guard lock(mutex_);
  const auto found = counts_.try_emplace(key, 0).first;
  if (found->second >= most) return false;
  ++found->second;
  return true;
}

void AddressCounts::leave(uint64_t key) {
  const std::lock_guard lock(mutex_);
  const auto found = counts_.find(key);
  if (--found->second == 0) counts_.erase(found);
}

size_t AddressCounts::size() const {
  const std::lock_guard lock(mutex_);
  return counts_.size();
}

}  // namespace otter::server
