#include "server/retention.h"

#include <thread>

namespace otter::server {
namespace {

constexpr int64_t kDay = 24 * 3600;  // [s]
constexpr size_t kBatchSize = 200;   // [rows]
constexpr size_t kBatchesMax = 50;   // of one call

}  // namespace

RetentionLimits retention_limits(const ServerSettings& settings, int64_t now_s) {
  const int64_t today = now_s / kDay;
  RetentionLimits limits;
  if (settings.keep_reports_days > 0) {
    limits.reports_before_s = (today - settings.keep_reports_days) * kDay;
  }
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
