#include "server/request_rates.h"

#include <algorithm>
#include <functional>

namespace otter::server {
namespace {

constexpr int64_t kSecond = 1'000'000'000;  // [ns]

}  // namespace

RequestRates::RequestRates(uint32_t per_s) : interval_ns_(per_s == 0 ? 0 : kSecond / per_s) {}

std::optional<int64_t> RequestRates::admit(std::string_view key, Time now) {
  if (interval_ns_ == 0) return std::nullopt;
  constexpr int64_t kBurstNs = std::chrono::nanoseconds(kBurst).count();
  const int64_t now_ns = now.time_since_epoch().count();
  Full& bucket = buckets_[std::hash<std::string_view>()(key) % buckets_.size()];
  int64_t full = bucket.load(std::memory_order_relaxed);
  for (;;) {
    const int64_t next = std::max(full, now_ns) + interval_ns_;
    const int64_t excess = next - now_ns - kBurstNs;
    if (excess > 0) return (excess + kSecond - 1) / kSecond;
    if (bucket.compare_exchange_weak(full, next, std::memory_order_relaxed)) return std::nullopt;
  }
}

}  // namespace otter::server
