// The time of a simulated world: it passes only when somebody says so. One thread at a time.
#pragma once

#include <algorithm>
#include <cstdint>

namespace otter::sim {

class VirtualClock {
 public:
  explicit VirtualClock(uint64_t now_ms = 0) : now_ms_(now_ms) {}

  uint64_t now_ms() const { return now_ms_; }
  void advance(uint64_t ms) { now_ms_ += ms; }
  // Goes on to `ms`, if that is not past.
  void reach(uint64_t ms) { now_ms_ = std::max(now_ms_, ms); }

 private:
  uint64_t now_ms_;
};

}  // namespace otter::sim
