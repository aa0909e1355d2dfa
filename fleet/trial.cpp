#include "fleet/trial.h"

#include <algorithm>
#include <limits>
#include <set>

#include "fleet/time_units.h"

namespace otter::fleet {
namespace {

constexpr uint32_t kSampleOfFailing = 10;  // of an arm's devices, before they are too many

template <typename Arm>
Verdict judge(const std::vector<Arm>& arms, const ExperimentPlan& plan, TrialResult& result) {
  result.comparisons = compare(arms, plan);
  return verdict(result.comparisons, plan);
}

// The arms as fleet/experiment.h takes them, and what is to be shown of each.
std::vector<BinaryArm> binary_arms(const TrialPlan& plan, const std::vector<ArmFigures>& arms,
                                   TrialResult& result) {
  std::vector<BinaryArm> out;
  for (const ArmFigures& arm : arms) {
    BinaryArm binary;
    binary.outcome.devices = static_cast<int64_t>(arm.values.size());
    binary.outcome.successes = std::ranges::count(arm.values, 1.0);
    if (!out.empty()) binary.pairs = pairs_by_arrival(arm.values, arms.front().values);
    result.arms.push_back({binary.outcome.devices, binary.outcome.value(),
                           wilson_interval(binary.outcome, 1 - plan.alpha)});
    out.push_back(binary);
  }
  return out;
}

std::vector<NumericArm> numeric_arms(const std::vector<ArmFigures>& arms, TrialResult& result) {
  std::vector<NumericArm> out;
  for (const ArmFigures& arm : arms) {
    NumericArm numeric;
    for (const double value : arm.values) numeric.outcome.add(value);
    if (!out.empty()) numeric.pairs = pairs_by_arrival(arm.values, arms.front().values);
    result.arms.push_back({numeric.outcome.devices, numeric.outcome.mean, std::nullopt});
    out.push_back(numeric);
  }
  return out;
}

TrialState ended(const TrialState& state, TrialPhase phase, TrialCause cause, int64_t now_s) {
  TrialState next = state;
  next.phase = phase;
  next.cause = cause;
  next.since_s = now_s;
  return next;
}

std::optional<std::string> objection_to_arms(const TrialPlan& plan) {
  if (plan.arms.size() < 2) return "an experiment needs two arms";
  if (plan.arms.size() > kArmsMax) return "an experiment has at most 8 arms";
  std::set<std::string> names, versions;
  for (const TrialArm& arm : plan.arms) {
    if (!names.insert(arm.name).second) return "two arms have the name " + arm.name;
    if (!versions.insert(arm.version).second) {
      return arm.version.empty() ? "two arms keep what they run"
                                 : "two arms have the same: " + arm.version;
    }
  }
  if (plan.metric == Metric::confirmed && versions.contains("")) {
    return "an arm that keeps what it runs confirms nothing: measure any_reset, resets, heap or "
           "signal";
  }
  return std::nullopt;
}

}  // namespace

#define OTTER_TRIAL_PHASE_NAME(word) \
  case TrialPhase::word:             \
    return #word;
const char* name(TrialPhase phase) {
  switch (phase) { OTTER_TRIAL_PHASES(OTTER_TRIAL_PHASE_NAME) }
  return "stopped";
}
#undef OTTER_TRIAL_PHASE_NAME

#define OTTER_TRIAL_PHASE_NAMED(word) \
  if (text == #word) return TrialPhase::word;
std::optional<TrialPhase> trial_phase_named(std::string_view text) {
  OTTER_TRIAL_PHASES(OTTER_TRIAL_PHASE_NAMED)
  return std::nullopt;
}
#undef OTTER_TRIAL_PHASE_NAMED

#define OTTER_TRIAL_CAUSE_NAME(word) \
  case TrialCause::word:             \
    return #word;
const char* name(TrialCause cause) {
  switch (cause) { OTTER_TRIAL_CAUSES(OTTER_TRIAL_CAUSE_NAME) }
  return "none";
}
#undef OTTER_TRIAL_CAUSE_NAME

#define OTTER_TRIAL_CAUSE_NAMED(word) \
  if (text == #word) return TrialCause::word;
std::optional<TrialCause> trial_cause_named(std::string_view text) {
  OTTER_TRIAL_CAUSES(OTTER_TRIAL_CAUSE_NAMED)
  return std::nullopt;
}
#undef OTTER_TRIAL_CAUSE_NAMED

std::optional<std::string> objection_to(const TrialPlan& plan) {
  if (auto found = objection_to_arms(plan)) return found;
  if (plan.share == 0 || plan.share > kWhole) return "a share is above 0 and at most 100 %";
  if (!(plan.alpha > 0 && plan.alpha <= 0.5)) return "the error rate is above 0 and at most 0.5";
  if (plan.devices_min < 2) return "of one device nothing can be concluded";
  if (plan.devices_planned != 0 && plan.devices_planned < plan.devices_min) {
    return "the planned number of devices is below the least number";
  }
  if (plan.watch_s <= 0 || plan.watch_s > kPlanSecondsMax) {
    return "how long a device is watched must be above 0 s, and at most ten years";
  }
  if (plan.time_limit_s <= plan.watch_s || plan.time_limit_s > kPlanSecondsMax) {
    return "the time limit must be above the time for which a device is watched, and at most ten "
           "years";
  }
  if (plan.failing_max > kWhole) return "a gate's share is at most 100 %";
  return std::nullopt;
}

Plan arm_plan(const TrialPlan& plan, size_t index) {
  const TrialArm& arm = plan.arms.at(index);
  Plan out;
  out.id = plan.id + kArmMark + arm.name;
  out.product = plan.product;
  out.version = arm.version;
  out.config_version = configuration_named(arm.version);
  out.group = plan.group;
  out.stages = {{plan.share, 0, kPlanSecondsMax}};  // only the experiment ends it
  out.gates.sample = kSampleOfFailing;
  out.gates.failing_max = plan.failing_max;
  out.gates.confirmed_min = 0;
  out.gates.health_alpha = 0;
  out.window = plan.window;
  out.image_bytes = arm.image_bytes;
  out.priority = plan.priority;
  out.arm.experiment = plan.id;
  out.arm.name = arm.name;
  for (const TrialArm& each : plan.arms) out.arm.versions.push_back(each.version);
  out.arm.index = static_cast<uint32_t>(index);
  out.arm.metric = plan.metric;
  out.arm.watch_s = plan.watch_s;
  return out;
}

TrialResult result_of(const TrialPlan& plan, const std::vector<ArmFigures>& arms, bool is_over) {
  ExperimentPlan rule;
  rule.alpha = plan.alpha;
  rule.devices_min = plan.devices_min;
  rule.devices_planned = plan.devices_planned;
  if (plan.devices_planned == 0) rule.devices_planned = std::numeric_limits<int64_t>::max();
  rule.is_lower_better = is_lower_better(plan.metric);
  TrialResult result;
  if (is_share(plan.metric)) {
    result.verdict = judge(binary_arms(plan, arms, result), rule, result);
  } else {
    result.verdict = judge(numeric_arms(arms, result), rule, result);
  }
  if (is_over && result.verdict.outcome == Outcome::undecided) {
    result.verdict.outcome = Outcome::no_difference_found;
  }
  return result;
}

TrialState step(const TrialPlan& plan, const TrialState& state, const std::vector<ArmFigures>& arms,
                int64_t now_s) {
  if (state.phase != TrialPhase::running) return state;
  for (size_t index = 0; index < arms.size(); ++index) {
    if (arms[index].failing.empty()) continue;
    TrialState next = ended(state, TrialPhase::stopped, TrialCause::failing, now_s);
    next.detail = "arm " + plan.arms[index].name + ": " + arms[index].failing;
    return next;
  }
  TrialState now = state;
  now.began_s = std::min(state.began_s, now_s);  // the clock was set back: its time begins anew
  const bool is_over = now_s - now.began_s >= plan.time_limit_s;
  const Verdict found = result_of(plan, arms, is_over).verdict;
  if (found.outcome == Outcome::undecided) return now;
  const bool wins = found.outcome == Outcome::arm_wins;
  TrialState next =
      ended(now, TrialPhase::concluded, wins ? TrialCause::finding : TrialCause::no_finding, now_s);
  next.winner = found.winner;
  return next;
}

TrialState start(const TrialState& state, int64_t now_s) {
  if (state.phase != TrialPhase::draft) return state;
  TrialState next = state;
  next.phase = TrialPhase::running;
  next.since_s = now_s;
  next.began_s = now_s;
  return next;
}

TrialState stop(const TrialState& state, int64_t now_s, const std::string& why) {
  if (state.phase != TrialPhase::draft && state.phase != TrialPhase::running) return state;
  TrialState next = ended(state, TrialPhase::stopped, TrialCause::person, now_s);
  next.detail = why;
  return next;
}

TrialState conclude(const TrialState& state, int64_t now_s, std::optional<size_t> winner) {
  if (state.phase != TrialPhase::running) return state;
  TrialState next = ended(state, TrialPhase::concluded, TrialCause::person, now_s);
  next.winner = winner;
  return next;
}

}  // namespace otter::fleet
