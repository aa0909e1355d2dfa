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

// What is known of a device from its check-ins.
struct Vitals {
  uint32_t resets = 0;               // abnormal ones, since it is known
  int64_t seen_s = 0;                // [s since 1970-01-01 UTC]
  uint32_t heap_bytes = 0;           // low-water mark of free heap [bytes]; 0: not stated
  uint16_t rssi_dbm_below_zero = 0;  // [-dBm]; 0: not stated
};

using HealthSums = std::array<PairSums, kHealthMetrics>;

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

// Adds what became of a pair.
void add_pair(HealthSums& sums, const Pair& pair, const PairNow& now);

struct Evidence {
  double log_evidence = 0;  // the strongest
  HealthMetric metric = HealthMetric::resets;
};
Evidence strongest(const HealthSums& sums);

}  // namespace otter::fleet
