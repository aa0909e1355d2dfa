// How fast each key may ask: a token bucket for each, in a table of fixed size. Keys are found by
// their hash; two that share a place share its tokens, which is why the table is much larger than
// the number of keys that ask within a few seconds. Any thread, without a lock.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <optional>
#include <string_view>

namespace otter::server {

class RequestRates {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `per_s` requests per second, kBurst seconds' worth of them at once; 0: any number.
  explicit RequestRates(uint32_t per_s);

  // Counts a request with this key. Nothing: it may be served; else how long to wait [s], 1 or
  // more.
  std::optional<int64_t> admit(std::string_view key, Time now);

  static constexpr std::chrono::seconds kBurst{5};

 private:
  // When the key's bucket is full again [ns of the steady clock]: the bucket's whole state.
  //
  // Source: ITU-T I.371, generic cell rate algorithm (virtual scheduling)
  using Full = std::atomic<int64_t>;

  int64_t interval_ns_;  // between two requests; 0: none is refused
  std::array<Full, 16'384> buckets_ = {};
};

}  // namespace otter::server
