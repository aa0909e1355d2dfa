// An experiment: two or more arms of a group of devices, what is measured of them, and when it is
// over. docs/spec/experiment.md. Pure functions, any thread. What may be concluded from the figures
// is fleet/experiment.h's; each arm goes out as a rollout of its own, arm_plan().
//
//   draft --start--> running --an arm wins, the planned number, its time, a person--> concluded
//   draft, running --stop, an arm that fails--> stopped
//
// Invariants:
//   1. A device's arm is a hash of the experiment and its id; it never changes.
//   2. Once it is concluded or stopped, nothing brings it back, and its figures stand still.
//   3. By itself it is concluded early by the sequential rule alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fleet/experiment.h"
#include "fleet/rollout.h"

namespace otter::fleet {

constexpr size_t kArmsMax = 8;

struct TrialArm {
  std::string name;
  std::string version;       // as Plan::version; empty: its devices keep what they run
  uint64_t image_bytes = 0;  // [bytes] of the release
};

struct TrialPlan {
  std::string id;
  std::string product;
  std::string group;           // a filter, docs/spec/filter.md; empty: all of the product
  uint32_t share = kWhole;     // [1/10,000] of the group: who takes part
  std::vector<TrialArm> arms;  // the first is what the others are compared with
  Metric metric = Metric::confirmed;
  double alpha = 0.05;           // the chance of any false finding
  uint32_t devices_min = 50;     // measured in each arm, before anything is concluded
  uint32_t devices_planned = 0;  // measured in each arm, when it ends without a finding; 0: never
  int64_t watch_s = 24 * 3600;   // [s] how long each device is watched
  int64_t time_limit_s = 30 * 24 * 3600;  // [s] then it ends without a finding
  uint32_t failing_max = 5000;  // [1/10,000] of an arm's ended devices; above, all is stopped
  Window window;                // when devices enter and are offered their release
  int32_t priority = 0;         // rollouts of a higher one go first
};

// Says what is wrong with a plan, in one clear line; nothing if it can be run.
std::optional<std::string> objection_to(const TrialPlan& plan);

// The rollout that an arm is to a Book.
//
// REQUIRES: index < plan.arms.size()
Plan arm_plan(const TrialPlan& plan, size_t index);

// X(word)
#define OTTER_TRIAL_PHASES(X) \
  X(draft)                    \
  X(running)                  \
  X(concluded)                \
  X(stopped)

enum class TrialPhase : uint8_t {
#define OTTER_TRIAL_PHASE_ENUM(word) word,
  OTTER_TRIAL_PHASES(OTTER_TRIAL_PHASE_ENUM)
#undef OTTER_TRIAL_PHASE_ENUM
};
const char* name(TrialPhase phase);
std::optional<TrialPhase> trial_phase_named(std::string_view text);

// X(word): why it is over. `finding`: an arm wins. `no_finding`: the planned number, or the time,
// has come without one. `person`: somebody says so. `failing`: an arm's devices fail.
#define OTTER_TRIAL_CAUSES(X) \
  X(none)                     \
  X(finding)                  \
  X(no_finding)               \
  X(person)                   \
  X(failing)

enum class TrialCause : uint8_t {
#define OTTER_TRIAL_CAUSE_ENUM(word) word,
  OTTER_TRIAL_CAUSES(OTTER_TRIAL_CAUSE_ENUM)
#undef OTTER_TRIAL_CAUSE_ENUM
};
const char* name(TrialCause cause);
std::optional<TrialCause> trial_cause_named(std::string_view text);

struct TrialState {
  TrialPhase phase = TrialPhase::draft;
  int64_t since_s = 0;  // [s since 1970-01-01 UTC] of the phase
  int64_t began_s = 0;  // [s since 1970-01-01 UTC]; 0: not yet
  TrialCause cause = TrialCause::none;
  std::string detail;            // of the cause, for people
  std::optional<size_t> winner;  // the arm
  std::string rollout;           // that the winner has become: its name; empty: none

  bool operator==(const TrialState&) const = default;
};

// An experiment, as it is kept.
struct TrialRecord {
  TrialPlan plan;
  TrialState state;
  std::string created_by;  // an account
  int64_t created_s = 0;   // [s since 1970-01-01 UTC]
  int64_t revision = 0;    // each that is kept has the one before plus 1
};

// An arm by its figures.
struct ArmFigures {
  std::vector<double> values;  // in the order in which its devices entered
  std::string failing;         // why its devices are offered nothing any more; empty: they are
};

struct ArmResult {
  int64_t devices = 0;               // that were measured
  double value = 0;                  // their share of successes, or their mean; 0 without devices
  std::optional<Interval> interval;  // of a share, of the level 1 - alpha, if looked at once
};

struct TrialResult {
  std::vector<ArmResult> arms;
  std::vector<Comparison> comparisons;  // that of arms[i] with arms[0] is [i - 1]
  Verdict verdict;
};

// What may be said of it now. `is_over`: its time is.
TrialResult result_of(const TrialPlan& plan, const std::vector<ArmFigures>& arms, bool is_over);

// What time and figures make of it: the same state, or the next one.
TrialState step(const TrialPlan& plan, const TrialState& state, const std::vector<ArmFigures>& arms,
                int64_t now_s);

// What a person wants. The same state if it can't be had in this phase.
TrialState start(const TrialState& state, int64_t now_s);
TrialState stop(const TrialState& state, int64_t now_s, const std::string& why);
// Without a winner: that none was found.
TrialState conclude(const TrialState& state, int64_t now_s, std::optional<size_t> winner);

}  // namespace otter::fleet
