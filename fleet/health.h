// How updated devices fare beside devices that are not updated yet. docs/spec/rollout.md. Pure, any
// thread.
//
// Each device that has confirmed the release gets a control: a device of the group whose turn has
// not come, drawn by the rollout's own order. Both are watched for the same time, and each counts
// once. Evidence is gathered for each metric by PairSums.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "fleet/pair_evidence.h"

namespace otter::fleet {

// X(word): what is compared; more is worse.
#define OTTER_HEALTH_METRICS(X) \
  X(resets)                     \
  X(silence)                    \
  X(heap)                       \
  X(signal)

enum class HealthMetric : uint8_t {
#define OTTER_HEALTH_METRIC_ENUM(word) word,
  OTTER_HEALTH_METRICS(OTTER_HEALTH_METRIC_ENUM)
#undef OTTER_HEALTH_METRIC_ENUM
};
constexpr size_t kHealthMetrics = 4;
const char* name(HealthMetric metric);

// What a rollout compares of the application's own metrics, docs/spec/device-metrics.md, beside the
// four.
struct MetricGate {
  std::string name;
  bool is_more_better = false;
  uint32_t allowance = 0;  // [1/10,000 of the control's value] how much worse a device may be
  bool operator==(const MetricGate&) const = default;
};
constexpr size_t kMetricGatesMax = 4;

// What a device's application has measured.
struct MetricValue {
  std::string name;
  double value = 0;  // in a unit of the application's choice
  bool operator==(const MetricValue&) const = default;
};

// What is known of a device from its check-ins.
struct Vitals {
  uint32_t resets = 0;                    // abnormal ones, since it is known
  int64_t seen_s = 0;                     // [s since 1970-01-01 UTC]
  uint32_t heap_bytes = 0;                // low-water mark of free heap [bytes]; 0: not stated
  uint16_t rssi_dbm_below_zero = 0;       // [-dBm]; 0: not stated
  std::vector<MetricValue> metrics = {};  // each name once
};

// The four, then those of a rollout's metric gates, in their order. Of the latter a difference is a
// share of the larger one of the two values.
using HealthSums = std::array<PairSums, kHealthMetrics + kMetricGatesMax>;

// A device and its control at the time from which on they are compared; or a device of an
// experiment, which is watched by itself.
struct Pair {
  std::string control;  // empty: there is none
  int64_t since_s = 0;  // [s since 1970-01-01 UTC]
  int64_t until_s = 0;  // [s since 1970-01-01 UTC]
  uint32_t resets = 0;  // of the device, then
  uint32_t control_resets = 0;
  bool is_over = false;
  double value = 0;  // of a device of an experiment, when it is over: fleet/arm.h
};

// What the two have come to by now.
struct PairNow {
  int64_t now_s = 0;             // [s since 1970-01-01 UTC]
  int64_t check_interval_s = 0;  // [s] how often a device is heard of
  Vitals device;
  Vitals control;
};

// Adds what became of a pair. What is not stated of both its devices is not compared.
//
// REQUIRES: at most kMetricGatesMax gates, those that the sums began with
void add_pair(HealthSums& sums, const std::vector<MetricGate>& gates, const Pair& pair,
              const PairNow& now);

// Where gates change, the evidence of those that stay as they are stays, and others begin anew.
//
// REQUIRES: at most kMetricGatesMax gates of either
HealthSums with_gates(const HealthSums& sums, const std::vector<MetricGate>& before,
                      const std::vector<MetricGate>& after);

struct Evidence {
  double log_evidence = 0;  // the strongest
  size_t index = 0;         // whose it is, in the sums
};
Evidence strongest(const HealthSums& sums);

// What the sums at this index are about, for people.
//
// REQUIRES: index < kHealthMetrics + gates.size()
std::string subject_of_sums(const std::vector<MetricGate>& gates, size_t index);

}  // namespace otter::fleet
