// Whether a client takes its answer fast enough: judged once in each window of time, by what has
// arrived there. Pure; each object for one thread.
#pragma once

#include <chrono>
#include <optional>

#include "server/limits.h"

namespace otter::server {

class Pace {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Pace(const Limits& limits, Time now);

  // The end of the window: when to ask next.
  Time deadline() const { return begin_ + window_; }

  // `taken` is how much of the answer the client has taken so far [bytes]. Gives the limit that it
  // breaks; or nothing, and the next window begins.
  std::optional<Limit> judge(uint64_t taken, Time now);

 private:
  std::chrono::milliseconds window_;
  uint64_t bytes_per_s_min_;
  Time begin_;
  uint64_t taken_ = 0;  // at begin_
};

}  // namespace otter::server
