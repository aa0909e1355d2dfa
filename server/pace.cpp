#include "server/pace.h"

namespace otter::server {

Pace::Pace(const Limits& limits, Time now)
    : window_(limits.write_deadline_ms),
      bytes_per_s_min_(limits.download_bytes_per_s_min),
      begin_(now) {}

std::optional<Limit> Pace::judge(uint64_t taken, Time now) {
  const uint64_t fresh = taken > taken_ ? taken - taken_ : 0;
  if (fresh == 0) return Limit::write_deadline_ms;
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - begin_).count();
  if (fresh * 1000 < bytes_per_s_min_ * static_cast<uint64_t>(elapsed)) {
    return Limit::download_bytes_per_s_min;
  }
  begin_ = now;
  taken_ = taken;
  return std::nullopt;
}

}  // namespace otter::server
