#include "fleet/rollout.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "fleet/time_units.h"
#include "ota/wire/device_metrics.h"

namespace otter::fleet {
namespace {

// Of a stage's devices, after which it is watched for its bake time: some are always in a drawer.
constexpr uint32_t kFilledShare = 8'000;  // [1/10,000]
constexpr int64_t kMinutesOfDay = 24 * 60;
const std::string kConfigurationMark = "config ";

uint32_t share_of(uint32_t share, uint32_t count) {
  const uint64_t part = uint64_t{share} * count;
  return static_cast<uint32_t>((part + kWhole - 1) / kWhole);
}

// Is `part` more than `share` of `whole`?
bool is_above(uint32_t part, uint32_t share, uint32_t whole) {
  return uint64_t{part} * kWhole > uint64_t{share} * whole;
}

std::string percent(uint32_t part, uint32_t whole) {
  const uint32_t tenths = whole == 0 ? 0 : static_cast<uint32_t>(uint64_t{part} * 1000 / whole);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " %";
}

State moved(State state, Phase phase, int64_t now_s) {
  state.phase = phase;
  state.since_s = now_s;
  return state;
}

State stopped(const State& state, Phase phase, int64_t now_s) {
  State next = moved(state, phase, now_s);
  next.before = state.phase;
  return next;
}

// The place up to which devices are in the stage: that many of the group as it is now. Whoever was
// in, stays in.
uint64_t bound_of(const Stage& stage, uint64_t before, const Facts& facts) {
  if (stage.share == kWhole) return UINT64_MAX;
  if (facts.members == 0) return before;
  return std::max(before, facts.place_at(quota(stage, facts.members) - 1));
}

State began_stage(const Plan& plan, const State& state, uint32_t stage, const Facts& facts) {
  State next = moved(state, Phase::filling, facts.now_s);
  next.stage = stage;
  if (next.began_s == 0) next.began_s = facts.now_s;
  next.cause = Cause::none;
  next.detail.clear();
  next.bound = bound_of(plan.stages.at(stage), state.bound, facts);
  return next;
}

State after_stage(const Plan& plan, const State& state, const Facts& facts) {
  if (state.stage + 1 < plan.stages.size()) {
    return began_stage(plan, state, state.stage + 1, facts);
  }
  State next = moved(state, Phase::complete, facts.now_s);
  next.cause = Cause::none;
  next.detail.clear();
  return next;
}

uint32_t less(uint32_t count, uint32_t by) { return count - std::min(count, by); }

// How many devices the stage adds to those before, without those that need nothing.
uint32_t expected(const Plan& plan, const State& state, const Facts& facts) {
  const uint32_t count = quota(plan.stages.at(state.stage), facts.members);
  const uint32_t before =
      state.stage == 0 ? 0 : quota(plan.stages.at(state.stage - 1), facts.members);
  return less(less(count, before), facts.stage.skipped);
}

struct Breach {
  Cause cause = Cause::none;
  std::string detail;
};

// So many have failed that the share can't be kept, whatever becomes of the rest of the sample.
std::optional<Breach> failing_breach(const Gates& gates, const Tally& tally, uint32_t count,
                                     const char* of) {
  const uint32_t whole = std::max(tally.ended(), std::min(gates.sample, count));
  if (!is_above(tally.failing(), gates.failing_max, whole)) return std::nullopt;
  return Breach{Cause::failing,
                std::to_string(tally.failing()) + " of " + std::to_string(tally.ended()) + " " +
                    of + " failed (" + std::to_string(tally.rolled_back) + " rolled back, " +
                    std::to_string(tally.failed) + " failed, " + std::to_string(tally.lost) +
                    " lost), allowed are " + percent(gates.failing_max, kWhole)};
}

std::optional<Breach> health_breach(const Gates& gates, const Facts& facts) {
  if (gates.health_alpha <= 0) return std::nullopt;
  const double limit = std::log(facts.health_tests / gates.health_alpha);
  if (facts.log_evidence < limit) return std::nullopt;
  return Breach{Cause::unhealthy,
                "updated devices do worse than their controls: " + facts.health_metric};
}

// What is to be seen at any time.
std::optional<Breach> breach(const Plan& plan, const State& state, const Facts& facts) {
  const uint32_t stage = expected(plan, state, facts);
  const uint32_t all = less(quota(plan.stages.at(state.stage), facts.members), facts.all.skipped);
  if (auto found = failing_breach(plan.gates, facts.stage, stage, "of the stage")) return found;
  if (auto found = failing_breach(plan.gates, facts.all, all, "in all")) return found;
  return health_breach(plan.gates, facts);
}

// What is to be seen when the bake time is over.
std::optional<Breach> final_breach(const Plan& plan, const Facts& facts) {
  const Tally& tally = facts.all;
  if (uint64_t{tally.confirmed} * kWhole >= uint64_t{plan.gates.confirmed_min} * tally.ended()) {
    return std::nullopt;
  }
  return Breach{Cause::few_confirmed,
                std::to_string(tally.confirmed) + " of " + std::to_string(tally.ended()) +
                    " confirmed it, " + percent(plan.gates.confirmed_min, kWhole) + " are wanted"};
}

// Of a stage whose devices could not take it nothing was learned, as where the release has expired.
std::optional<Breach> nobody_breach(const Tally& stage) {
  if (stage.started > 0 || stage.skipped == stage.present) return std::nullopt;
  return Breach{Cause::nobody, "none of the stage's devices could be offered it, " +
                                   std::to_string(stage.skipped - stage.present) +
                                   " can't take it: nothing was learned"};
}

State stopped_by(const Plan& plan, const State& state, const Breach& found, int64_t now_s) {
  const Phase phase = plan.on_breach == OnBreach::halt ? Phase::halted : Phase::returning;
  State next = stopped(state, phase, now_s);
  next.cause = found.cause;
  next.detail = found.detail;
  return next;
}

State step_waiting(const Plan& plan, const State& state, const Facts& facts) {
  if (plan.needs_approval && !state.is_approved) return state;
  if (facts.now_s < plan.start_s || facts.members == 0) return state;
  return began_stage(plan, state, 0, facts);
}

// Who has not come within the time that one device gets lies in a drawer, and is not waited for;
// but somebody has to have come.
State step_filling(const Plan& plan, const State& state, const Facts& facts) {
  uint32_t count = expected(plan, state, facts);
  const bool is_late = facts.now_s - state.since_s >= plan.time_limit_s;
  if (is_late && facts.stage.started > 0) count = std::min(count, facts.stage.started);
  const bool is_filled = facts.stage.ended() >= share_of(kFilledShare, count);
  return is_filled ? moved(state, Phase::baking, facts.now_s) : state;
}

State step_baking(const Plan& plan, const State& state, const Facts& facts) {
  const int64_t bake_s = plan.stages.at(state.stage).bake_s;
  if (facts.now_s - state.since_s < bake_s || facts.watched_s < bake_s) return state;
  if (const auto found = final_breach(plan, facts)) {
    return stopped_by(plan, state, *found, facts.now_s);
  }
  if (const auto found = nobody_breach(facts.stage)) {  // nobody has it: nothing to take back
    State next = stopped(state, Phase::halted, facts.now_s);
    next.cause = found->cause;
    next.detail = found->detail;
    return next;
  }
  return after_stage(plan, state, facts);
}

std::optional<std::string> objection_to_metrics(const std::vector<MetricGate>& gates) {
  if (gates.size() > kMetricGatesMax) return "a rollout has gates on at most 4 metrics";
  for (size_t index = 0; index < gates.size(); ++index) {
    const MetricGate& gate = gates[index];
    if (!is_metric_key(Text(gate.name))) {
      return "a gate's metric has a name of 1 to 64 characters of a-z 0-9 _ - ., the first a "
             "letter";
    }
    if (gate.allowance > kWhole) return "a metric may be at most 100 % worse";
    const auto earlier = gates.begin() + static_cast<std::ptrdiff_t>(index);
    if (std::ranges::find(gates.begin(), earlier, gate.name, &MetricGate::name) != earlier) {
      return "the metric " + gate.name + " has two gates";
    }
  }
  return std::nullopt;
}

std::optional<std::string> objection_to_stage(const Plan& plan, size_t index) {
  const Stage& stage = plan.stages[index];
  const std::string which = "stage " + std::to_string(index + 1);
  if ((stage.share == 0) == (stage.devices == 0)) {
    return which + " needs either a share or a number of devices";
  }
  if (stage.share > kWhole) return which + ": a share is at most 100 %";
  if (stage.bake_s < 0 || stage.bake_s > kPlanSecondsMax) {
    return which + ": a bake time is 0 s or more, and at most ten years";
  }
  if (index == 0) return std::nullopt;
  const Stage& before = plan.stages[index - 1];
  const bool both_shares = stage.share != 0 && before.share != 0;
  const bool both_counts = stage.devices != 0 && before.devices != 0;
  if ((both_shares && stage.share <= before.share) ||
      (both_counts && stage.devices <= before.devices)) {
    return which + " must be larger than the stage before: stages count from the first device on";
  }
  return std::nullopt;
}

}  // namespace

#define OTTER_PHASE_NAME(word, is_over) \
  case Phase::word:                     \
    return #word;
const char* name(Phase phase) {
  switch (phase) { OTTER_PHASES(OTTER_PHASE_NAME) }
  return "waiting";
}
#undef OTTER_PHASE_NAME

#define OTTER_PHASE_NAMED(word, is_over) \
  if (text == #word) return Phase::word;
std::optional<Phase> phase_named(std::string_view text) {
  OTTER_PHASES(OTTER_PHASE_NAMED)
  return std::nullopt;
}
#undef OTTER_PHASE_NAMED

#define OTTER_CAUSE_NAME(word) \
  case Cause::word:            \
    return #word;
const char* name(Cause cause) {
  switch (cause) { OTTER_CAUSES(OTTER_CAUSE_NAME) }
  return "none";
}
#undef OTTER_CAUSE_NAME

#define OTTER_CAUSE_NAMED(word) \
  if (text == #word) return Cause::word;
std::optional<Cause> cause_named(std::string_view text) {
  OTTER_CAUSES(OTTER_CAUSE_NAMED)
  return std::nullopt;
}
#undef OTTER_CAUSE_NAMED

#define OTTER_PHASE_IS_OVER(word, is_over) \
  case Phase::word:                        \
    return is_over;
bool is_over(Phase phase) {
  switch (phase) { OTTER_PHASES(OTTER_PHASE_IS_OVER) }
  return true;
}
#undef OTTER_PHASE_IS_OVER

bool is_offering(Phase phase) {
  return phase == Phase::filling || phase == Phase::baking || phase == Phase::complete;
}

std::optional<std::string> objection_to(const Plan& plan) {
  if (plan.stages.empty()) return "a rollout needs a stage";
  if (plan.stages.size() > kStagesMax) return "a rollout has at most 20 stages";
  for (size_t index = 0; index < plan.stages.size(); ++index) {
    if (auto found = objection_to_stage(plan, index)) return found;
  }
  const Gates& gates = plan.gates;
  if (gates.failing_max > kWhole || gates.confirmed_min > kWhole) {
    return "a gate's share is at most 100 %";
  }
  if (!(gates.health_alpha >= 0 && gates.health_alpha <= 0.5)) {
    return "the error rate of the health gate is at most 0.5; 0 switches it off";
  }
  const bool has_health = gates.health_alpha > 0 && plan.stages.size() > 1;
  if (gates.health_window_s <= 0 || gates.health_window_s > kPlanSecondsMax) {
    return "the window of the health gate must be above 0 s, and at most ten years";
  }
  if (has_health && plan.stages.front().bake_s < gates.health_window_s) {
    return "the first stage's bake time is shorter than the window of the health gate, which could "
           "not see anything: bake longer, shorten the window, or switch the gate off";
  }
  if (auto found = objection_to_metrics(gates.metrics)) return found;
  if (!has_health && !gates.metrics.empty()) {
    return "the health gate is off, or there is one stage and so no device to compare with: the "
           "gates "
           "on metrics would see nothing; set health_error_rate above 0 and a second stage, or "
           "leave "
           "gates.metrics out (otter rollout gates --no-metrics)";
  }
  if (plan.window.from_min >= kMinutesOfDay || plan.window.to_min >= kMinutesOfDay) {
    return "a window's times are from 00:00 to 23:59";
  }
  if (plan.attempts_max == 0) return "a device needs at least one attempt";
  if (plan.retry_after_s < 0 || plan.retry_after_s > kPlanSecondsMax) {
    return "the time before another attempt is 0 s or more, and at most ten years";
  }
  if (plan.time_limit_s <= 0 || plan.time_limit_s > kPlanSecondsMax) {
    return "the time limit must be above 0 s, and at most ten years";
  }
  return std::nullopt;
}

std::string configuration_name(uint32_t version) {
  return kConfigurationMark + std::to_string(version);
}

uint32_t configuration_named(std::string_view name) {
  if (!name.starts_with(kConfigurationMark)) return 0;
  name.remove_prefix(kConfigurationMark.size());
  uint32_t version = 0;
  const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), version);
  const bool is_read = error == std::errc() && stop == name.data() + name.size();
  return is_read && std::to_string(version) == name ? version : 0;
}

uint32_t quota(const Stage& stage, uint32_t members) {
  return stage.share != 0 ? share_of(stage.share, members) : std::min(stage.devices, members);
}

State step(const Plan& plan, const State& state, const Facts& facts) {
  State now = state;
  // The clock was set back: what was waited for begins anew, rather than never to end.
  now.since_s = std::min(state.since_s, facts.now_s);
  // A group that is empty, or that nobody has asked for yet, has nothing to say.
  if (is_offering(now.phase) && facts.members == 0) return now;
  if (is_offering(now.phase)) {
    now.bound = bound_of(plan.stages.at(now.stage), now.bound, facts);
    if (const auto found = breach(plan, now, facts)) {
      return stopped_by(plan, now, *found, facts.now_s);
    }
  }
  switch (now.phase) {
    case Phase::waiting:
      return step_waiting(plan, now, facts);
    case Phase::filling:
      return step_filling(plan, now, facts);
    case Phase::baking:
      return step_baking(plan, now, facts);
    case Phase::returning:
      // Who is at it still may come out on the release.
      if (facts.all.open() > 0 || facts.all.confirmed > facts.all.returned) return now;
      return moved(now, Phase::returned, facts.now_s);
    default:
      return now;
  }
}

State approve(const State& state) {
  if (state.phase != Phase::waiting) return state;
  State next = state;
  next.is_approved = true;
  return next;
}

State pause(const State& state, int64_t now_s) {
  if (state.phase != Phase::filling && state.phase != Phase::baking) return state;
  return stopped(state, Phase::paused, now_s);
}

State halt(const State& state, int64_t now_s, const std::string& why) {
  const bool can_be = is_offering(state.phase) || state.phase == Phase::paused;
  if (!can_be) return state;
  State next = stopped(state, Phase::halted, now_s);
  if (state.phase == Phase::paused) next.before = state.before;
  next.cause = Cause::person;
  next.detail = why;
  return next;
}

State resume(const State& state, int64_t now_s) {
  if (state.phase != Phase::paused && state.phase != Phase::halted) return state;
  State next = moved(state, state.before, now_s);
  next.cause = Cause::none;
  next.detail.clear();
  return next;
}

State advance(const Plan& plan, const State& state, const Facts& facts) {
  if (facts.members == 0) return state;
  if (state.phase == Phase::waiting) {
    return plan.needs_approval && !state.is_approved ? state : began_stage(plan, state, 0, facts);
  }
  if (state.phase != Phase::filling && state.phase != Phase::baking) return state;
  return after_stage(plan, state, facts);
}

State abort(const State& state, int64_t now_s) {
  const bool can_be =
      !is_over(state.phase) && state.phase != Phase::returning && state.phase != Phase::complete;
  return can_be ? moved(state, Phase::aborted, now_s) : state;
}

State take_back(const State& state, int64_t now_s, const std::string& why) {
  const bool can_be =
      is_offering(state.phase) || state.phase == Phase::paused || state.phase == Phase::halted;
  if (!can_be) return state;
  State next = moved(state, Phase::returning, now_s);
  if (state.cause == Cause::none || !why.empty()) {
    next.cause = Cause::person;
    next.detail = why;
  }
  return next;
}

}  // namespace otter::fleet
