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
constexpr double kAllowanceWhole = 10'000;

double resets_since(uint32_t before, uint32_t now) {
  return std::min(now < before ? 0 : now - before, kResetsMax);
}

double silence(const Vitals& vitals, const PairNow& now) {
  const bool is_silent = now.now_s - vitals.seen_s > kIntervalsUntilSilent * now.check_interval_s;
  return is_silent ? 1 : 0;
}

const double* value_in(const Vitals& vitals, const std::string& name) {
  const auto found = std::ranges::find(vitals.metrics, name, &MetricValue::name);
  return found == vitals.metrics.end() ? nullptr : &found->value;
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

void add_pair(HealthSums& sums, const std::vector<MetricGate>& gates, const Pair& pair,
              const PairNow& now) {
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
  for (size_t index = 0; index < gates.size(); ++index) {
    const double* const updated = value_in(now.device, gates[index].name);
    const double* const control = value_in(now.control, gates[index].name);
    if (updated == nullptr || control == nullptr) continue;
    const double worse = gates[index].is_more_better ? -1 : 1;
    sums.at(kHealthMetrics + index)
        .add_shares(worse * *updated, worse * *control, gates[index].allowance / kAllowanceWhole);
  }
}

HealthSums with_gates(const HealthSums& sums, const std::vector<MetricGate>& before,
                      const std::vector<MetricGate>& after) {
  HealthSums changed;
  std::copy_n(sums.begin(), kHealthMetrics, changed.begin());
  for (size_t index = 0; index < after.size(); ++index) {
    const auto same = std::ranges::find(before, after[index]);
    if (same == before.end()) continue;
    changed.at(kHealthMetrics + index) =
        sums.at(kHealthMetrics + static_cast<size_t>(same - before.begin()));
  }
  return changed;
}

// Sums without a pair say nothing, for or against: there may be no such gate.
Evidence strongest(const HealthSums& sums) {
  Evidence found = {log_evidence(sums[0]), 0};
  for (size_t index = 1; index < sums.size(); ++index) {
    const double evidence = log_evidence(sums[index]);
    if (sums[index].pairs > 0 && evidence > found.log_evidence) found = {evidence, index};
  }
  return found;
}

std::string subject_of_sums(const std::vector<MetricGate>& gates, size_t index) {
  if (index < kHealthMetrics) return name(static_cast<HealthMetric>(index));
  return "the application's " + gates.at(index - kHealthMetrics).name;
}

}  // namespace otter::fleet
