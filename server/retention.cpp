#include "server/retention.h"

#include <thread>

namespace otter::server {
namespace {

constexpr size_t kBatchSize = 200;  // [rows]
constexpr size_t kBatchesMax = 50;  // of one call

// When the first of the last `days` whole days began; 0: there is no such time.
int64_t begin_of(int64_t today, uint32_t days) {
  return days == 0 ? 0 : (today - days) * kSecondsPerDay;
}

}  // namespace

RetentionLimits retention_limits(const ServerSettings& settings, int64_t now_s) {
  const int64_t today = now_s / kSecondsPerDay;
  RetentionLimits limits;
  limits.reports_before_s = begin_of(today, settings.keep_reports_days);
  limits.samples_before_s = begin_of(today, settings.keep_samples_days);
  limits.days_before_s = begin_of(today, settings.keep_history_days);
  limits.dumps_before_s = begin_of(today, settings.keep_dumps_days);
  if (settings.keep_counts_days > 0) {
    limits.counts_before_day = today - settings.keep_counts_days;
  }
  return limits;
}

size_t keep_to_limits(Store& store, const RetentionLimits& limits) {
  size_t removed = 0;
  for (size_t batch = 0; batch < kBatchesMax; ++batch) {
    const size_t count = store.roll_up(limits, kBatchSize);
    removed += count;
    if (count < kBatchSize) break;
    std::this_thread::yield();  // to who waits to write
  }
  return removed;
}

}  // namespace otter::server
