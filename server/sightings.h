// When each device was last seen, and what it then said of itself: kept in memory and written in
// batches, so that a check-in with nothing to do costs no write. Any thread.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "server/store.h"

namespace otter::server {

// One that stands for both check-ins of a device, and for all that they stand for.
Sighting joined(const Sighting& earlier, Sighting later);

// [s] of a clock that nobody sets.
int64_t steady_time_s();

class Sightings {
 public:
  explicit Sightings(std::function<int64_t()> steady_s = steady_time_s)
      : steady_s_(std::move(steady_s)) {}

  // REQUIRES: it is by the server's clock, just now
  void note(Sighting sighting);

  // Writes what was noted since the last call. What can't be written is kept for the next.
  //
  // Errors: StoreError
  void flush(Store& store);

 private:
  void watch_clock(int64_t now_s);

  std::function<int64_t()> steady_s_;
  std::mutex lock_;
  std::unordered_map<std::string, Sighting> noted_;
  std::optional<int64_t> clock_ahead_s_;  // of the steady clock, with the last sighting
  int64_t clock_set_s_ = 0;               // when that was found changed; 0: never
};

}  // namespace otter::server
