#include "fleet/health.h"

#include <algorithm>

namespace otter::fleet {
namespace {

constexpr uint32_t kResetsMax = 10;  // of one device: one that does nothing else decides nothing
constexpr int64_t kIntervalsUntilSilent = 3;
constexpr double kKibibyte = 1024;
// What a new release may cost: a fifth of the heap that was left, 3 dB. With a tolerance the test
// stays true to its error rate: docs/spec/statistics.md.
constexpr double kHeapKept = 0.8;
constexpr double kSignalTolerance = 3;  // [dB]

double resets_since(uint32_t before, uint32_t now) {
  return std::min(now < before ? 0 : now - before, kResetsMax);
}

double silence(const Vitals& vitals, const PairNow& now) {
  const bool is_silent = now.now_s - vitals.seen_s > kIntervalsUntilSilent * now.check_interval_s;
  return is_silent ? 1 : 0;
}

}  // namespace

#define OTTER_HEALTH_METRIC_NAME(word) \
  case HealthMetric::word:             \
    return #word;
const char* name(HealthMetric metric) {
  switch (metric) { OTTER_HEALTH_METRICS(OTTER_HEALTH_METRIC_NAME) }
  return "resets";
}
#undef OTTER_HEALTH_METRIC_NAME

void add_pair(HealthSums& sums, const Pair& pair, const PairNow& now) {
  const auto of = [&sums](HealthMetric metric) -> PairSums& {
    return sums[static_cast<size_t>(metric)];
  };
  of(HealthMetric::resets)
      .add(resets_since(pair.resets, now.device.resets),
           resets_since(pair.control_resets, now.control.resets));
  of(HealthMetric::silence).add(silence(now.device, now), silence(now.control, now));
  if (now.device.heap_bytes != 0 && now.control.heap_bytes != 0) {
    of(HealthMetric::heap)
        .add(-(now.device.heap_bytes / kKibibyte),
             -(kHeapKept * now.control.heap_bytes / kKibibyte));
  }
  if (now.device.rssi_dbm_below_zero != 0 && now.control.rssi_dbm_below_zero != 0) {
    of(HealthMetric::signal)
        .add(now.device.rssi_dbm_below_zero, now.control.rssi_dbm_below_zero + kSignalTolerance);
  }
}

Evidence strongest(const HealthSums& sums) {
  Evidence found = {log_evidence(sums[0]), HealthMetric::resets};
  for (size_t index = 1; index < sums.size(); ++index) {
    const double evidence = log_evidence(sums[index]);
    if (evidence > found.log_evidence) found = {evidence, static_cast<HealthMetric>(index)};
  }
  return found;
}

}  // namespace otter::fleet
