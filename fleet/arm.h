// An arm of an experiment, as the devices that are dealt to it see it, and what is measured of
// each. docs/spec/experiment.md. Pure, any thread.
//
// To a Book an arm is a rollout of one stage (Plan::arm): so a device has one open offer at most,
// whether a rollout or an experiment makes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/health.h"

namespace otter::fleet {

// X(word, is_share, is_lower_better): what is measured of a device while it is watched.
//   confirmed   its release was confirmed by its own word
//   any_reset   it had an abnormal reset
//   resets      abnormal resets a day, at most 10 in all
//   heap        low-water mark of its free heap, at the end [bytes]
//   signal      at the end [dBm]
#define OTTER_METRICS(X)    \
  X(confirmed, true, false) \
  X(any_reset, true, true)  \
  X(resets, false, true)    \
  X(heap, false, false)     \
  X(signal, false, false)

enum class Metric : uint8_t {
#define OTTER_METRIC_ENUM(word, is_share, is_lower_better) word,
  OTTER_METRICS(OTTER_METRIC_ENUM)
#undef OTTER_METRIC_ENUM
};
const char* name(Metric metric);
std::optional<Metric> metric_named(std::string_view text);
bool is_share(Metric metric);         // each device's value is 0 or 1
bool is_lower_better(Metric metric);  // else the larger value, or the success, is better

// In the id of the rollout that an arm is to a Book, between the experiment's and the arm's name;
// no rollout's name has it.
constexpr char kArmMark = '#';

struct Arm {
  std::string experiment;  // its id; empty: this is no arm but a rollout
  std::string name;
  // Plan::version of all arms, in their order; empty: keeps what it runs
  std::vector<std::string> versions;
  uint32_t index = 0;  // of this one
  Metric metric = Metric::confirmed;
  int64_t watch_s = 0;  // [s] how long each device is watched, from its entry on

  bool exists() const { return !experiment.empty(); }
  // Its devices keep what they run.
  bool keeps() const { return versions.at(index).empty(); }
};

// Is the device this arm's? A hash of experiment and device says so, nothing else: no restart moves
// a device, and each arm gets about as many as each other one.
bool is_dealt(const Arm& arm, std::string_view device);

// What is measured of a device at the end of its watch. One that has fallen silent, or doesn't
// state it, counts as badly as the metric has it: whether it is counted must not depend on how it
// fares.
double value_of(const Arm& arm, const Pair& watch, const PairNow& now, bool has_confirmed);

}  // namespace otter::fleet
