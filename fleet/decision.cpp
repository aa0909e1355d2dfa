#include "fleet/decision.h"

#include <algorithm>

#include "fleet/time_units.h"

namespace otter::fleet {
namespace {

constexpr int64_t kMinute = 60;  // [s]

Decision because(Reason reason, int64_t until_s = 0) {
  Decision decision;
  decision.reason = reason;
  decision.until_s = until_s;
  return decision;
}

// Why the rollout gives nothing to anybody in this phase.
std::optional<Decision> stop_of(const Plan& plan, const State& state) {
  switch (state.phase) {
    case Phase::waiting:
      if (plan.needs_approval && !state.is_approved) return because(Reason::awaits_approval);
      return because(Reason::scheduled, plan.start_s);
    case Phase::paused:
      return because(Reason::paused);
    case Phase::halted:
      return because(Reason::halted);
    case Phase::returning:
    case Phase::returned:
    case Phase::aborted:
      return because(Reason::ended);
    case Phase::filling:
    case Phase::baking:
    case Phase::complete:
      break;
  }
  return std::nullopt;
}

// What keeps a device from being offered the release at all.
std::optional<Decision> bar_of(const Visit& visit) {
  if (visit.runs_it) return because(Reason::installed);
  if (visit.has_failed) return because(Reason::failed_before);
  if (visit.unfit == nullptr) return std::nullopt;
  Decision decision = because(Reason::unfit);
  decision.detail = visit.unfit;
  return decision;
}

std::optional<Decision> closed_window(const Plan& plan, const Visit& visit) {
  const int64_t opens_s = window_opens_s(plan.window, visit.now_s, visit.utc_offset_min);
  if (opens_s <= visit.now_s) return std::nullopt;
  return because(Reason::outside_window, opens_s);
}

// What keeps a device out of an experiment, whatever arm is its.
std::optional<Decision> entry_bar_of(const Plan& plan, const State& state, const Traffic& traffic,
                                     const Visit& visit) {
  Visit unlike = visit;
  unlike.runs_it = false;
  if (const auto bar = bar_of(unlike)) return *bar;
  // 0 members: the group has not been asked for yet.
  if (traffic.members == 0 || visit.place > state.bound) return because(Reason::not_drawn);
  if (visit.is_held) return because(Reason::in_experiment);
  if (visit.is_busy) return because(Reason::busy);
  return closed_window(plan, visit);
}

// Of a device that has not been offered its arm's release.
Decision decide_in_arm(const Plan& plan, const State& state, const Traffic& traffic,
                       const Visit& visit) {
  const bool has_entered = visit.part != nullptr;
  if (!has_entered) {
    if (const auto bar = entry_bar_of(plan, state, traffic, visit)) return *bar;
  }
  if (plan.arm.keeps() || visit.runs_it) {
    Decision decision = because(plan.arm.keeps() ? Reason::control : Reason::installed);
    decision.skips = !has_entered;
    return decision;
  }
  if (const auto bar = bar_of(visit)) return *bar;
  if (visit.is_busy) return because(Reason::busy);
  if (const auto closed = closed_window(plan, visit)) return *closed;
  Decision decision = because(Reason::offered);
  decision.starts = true;
  return decision;
}

// What keeps it from beginning now.
std::optional<Decision> queue_of(const Plan& plan, const State& state, const Traffic& traffic,
                                 const Visit& visit) {
  const Stage& stage = plan.stages.at(state.stage);
  const uint32_t open = traffic.tally.open();
  // Who has left the group since it was started counts as well; so a stage of all has no bound, or
  // its last devices would get nothing. 0 members: the group has not been asked for yet.
  const bool is_full =
      stage.share != kWhole && traffic.tally.started >= quota(stage, traffic.members);
  if (is_full || traffic.members == 0) return because(Reason::stage_full);
  if (visit.is_held) return because(Reason::in_experiment);
  if (visit.is_busy) return because(Reason::busy);
  if (plan.at_once_max != 0 && open >= plan.at_once_max) return because(Reason::too_many_at_once);
  if (plan.at_once_site_max != 0 && visit.open_at_site >= plan.at_once_site_max) {
    return because(Reason::too_many_at_site);
  }
  // Never longer than one download takes; if it is, then the clock was set back.
  const int64_t wait_s = traffic.bytes_free_at_s - visit.now_s;
  if (wait_s > 0 && wait_s <= download_us(plan) / kMicroseconds + 1) {
    return because(Reason::too_many_bytes, traffic.bytes_free_at_s);
  }
  return std::nullopt;
}

// Of a device that has been offered it before.
Decision decide_started(const Plan& plan, const State& state, const Visit& visit) {
  const Part& part = *visit.part;
  const bool goes_back = state.phase == Phase::returning || state.phase == Phase::returned;
  if (goes_back && part.end == End::confirmed && visit.runs_it) return because(Reason::taken_back);
  if (part.end != End::open) return because(Reason::settled);
  if (!visit.is_in_group) return because(Reason::not_in_group);
  if (const auto stop = stop_of(plan, state)) return *stop;
  if (const auto bar = bar_of(visit)) return *bar;
  if (visit.is_held) return because(Reason::in_experiment);
  if (visit.is_busy) return because(Reason::busy);
  if (waits_for_retry(plan, part, visit.now_s)) {
    return because(Reason::retry_later, part.retry_at_s);
  }
  if (const auto closed = closed_window(plan, visit)) return *closed;
  return because(Reason::offered);
}

}  // namespace

#define OTTER_END_NAME(word) \
  case End::word:            \
    return #word;
const char* name(End end) {
  switch (end) { OTTER_ENDS(OTTER_END_NAME) }
  return "open";
}
#undef OTTER_END_NAME

#define OTTER_END_NAMED(word) \
  if (text == #word) return End::word;
std::optional<End> end_named(std::string_view text) {
  OTTER_ENDS(OTTER_END_NAMED)
  return std::nullopt;
}
#undef OTTER_END_NAMED

#define OTTER_REASON_NAME(word, text) \
  case Reason::word:                  \
    return #word;
const char* name(Reason reason) {
  switch (reason) { OTTER_REASONS(OTTER_REASON_NAME) }
  return "ended";
}
#undef OTTER_REASON_NAME

#define OTTER_REASON_NAMED(word, text) \
  if (named == #word) return Reason::word;
std::optional<Reason> reason_named(std::string_view named) {
  OTTER_REASONS(OTTER_REASON_NAMED)
  return std::nullopt;
}
#undef OTTER_REASON_NAMED

#define OTTER_REASON_SENTENCE(word, text) \
  case Reason::word:                      \
    return text;
const char* sentence(Reason reason) {
  switch (reason) { OTTER_REASONS(OTTER_REASON_SENTENCE) }
  return "";
}
#undef OTTER_REASON_SENTENCE

Decision decide(const Plan& plan, const State& state, const Traffic& traffic, const Visit& visit) {
  const bool is_started = visit.part != nullptr && visit.part->end != End::skipped;
  if (is_started) return decide_started(plan, state, visit);
  if (!visit.is_in_group) return because(Reason::not_in_group);
  if (const auto stop = stop_of(plan, state)) return *stop;
  if (plan.arm.exists()) return decide_in_arm(plan, state, traffic, visit);
  const bool is_in_stage = visit.place <= state.bound;
  std::optional<Decision> bar = bar_of(visit);
  if (!bar.has_value() && visit.is_latecomer && !plan.takes_late) bar = because(Reason::late);
  if (bar.has_value()) {
    bar->skips = is_in_stage && visit.part == nullptr;
    return *bar;
  }
  if (!is_in_stage) return because(Reason::later_stage);
  if (const auto queue = queue_of(plan, state, traffic, visit)) return *queue;
  if (const auto closed = closed_window(plan, visit)) return *closed;
  Decision decision = because(Reason::offered);
  decision.starts = true;
  return decision;
}

int64_t window_opens_s(const Window& window, int64_t now_s, int32_t utc_offset_min) {
  if (window.from_min == window.to_min) return now_s;
  const int64_t local_s = now_s + utc_offset_min * kMinute;
  const int64_t second = ((local_s % kDay) + kDay) % kDay;
  const int64_t from = window.from_min * kMinute;
  const int64_t to = window.to_min * kMinute;
  const bool is_open = from < to ? second >= from && second < to : second >= from || second < to;
  if (is_open) return now_s;
  return now_s + (from - second + kDay) % kDay;
}

bool waits_for_retry(const Plan& plan, const Part& part, int64_t now_s) {
  const int64_t wait_s = part.retry_at_s - now_s;
  return wait_s > 0 && wait_s <= plan.retry_after_s;
}

int64_t download_us(const Plan& plan) {
  if (plan.bytes_per_s_max == 0) return 0;
  return static_cast<int64_t>(plan.image_bytes * kMicroseconds / plan.bytes_per_s_max);
}

Part failed_attempt(const Plan& plan, const Part& part, int64_t now_s) {
  Part next = part;
  ++next.attempts;
  if (next.attempts < plan.attempts_max) {
    next.retry_at_s = now_s + plan.retry_after_s;
    return next;
  }
  next.end = End::failed;
  next.ended_s = now_s;
  return next;
}

}  // namespace otter::fleet
