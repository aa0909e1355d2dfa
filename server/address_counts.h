// How many connections each address has, by address_key(). Any thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace otter::server {

class AddressCounts {
 public:
  // Counts one more, unless there are `most` already: then false.
  bool enter(uint64_t key, uint32_t most);
  // REQUIRES: enter(key) was true once more than leave(key) was called
  void leave(uint64_t key);
  // Addresses that have a connection.
  size_t size() const;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<uint64_t, uint32_t> counts_;
};

}  // namespace otter::server
