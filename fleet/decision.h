// What a rollout does for one device, and why: the explanation is the decision's own result.
// docs/spec/rollout.md. Pure, any thread.
#pragma once

#include "fleet/rollout.h"

namespace otter::fleet {

// How it ended for a device.
#define OTTER_ENDS(X) \
  X(open)             \
  X(skipped)          \
  X(confirmed)        \
  X(rolled_back)      \
  X(refused)          \
  X(failed)           \
  X(lost)             \
  X(returned)

enum class End : uint8_t {
#define OTTER_END_ENUM(word) word,
  OTTER_ENDS(OTTER_END_ENUM)
#undef OTTER_END_ENUM
};
const char* name(End end);
std::optional<End> end_named(std::string_view text);

// X(word, text)
#define OTTER_REASONS(X)                                                    \
  X(offered, "the release is offered")                                      \
  X(taken_back, "the release is taken back: the device is told to return")  \
  X(installed, "runs the release already")                                  \
  X(settled, "has had its outcome in this rollout")                         \
  X(not_in_group, "is not in the rollout's group")                          \
  X(unfit, "can't take the release")                                        \
  X(failed_before, "the release has failed on it")                          \
  X(late, "came into the group later, and the rollout takes no latecomers") \
  X(awaits_approval, "a second account has to approve the rollout")         \
  X(scheduled, "the rollout has not begun")                                 \
  X(paused, "the rollout is paused")                                        \
  X(halted, "the rollout is halted")                                        \
  X(ended, "the rollout is over")                                           \
  X(later_stage, "its stage has not begun")                                 \
  X(stage_full, "the stage has as many devices as it may")                  \
  X(outside_window, "its maintenance window is closed")                     \
  X(retry_later, "an attempt has failed, another one follows")              \
  X(too_many_at_once, "as many devices as may are at it")                   \
  X(too_many_at_site, "as many devices of its address as may are at it")    \
  X(too_many_bytes, "the downloads of others use up the rate")              \
  X(control, "is in the control arm: keeps what it runs")                   \
  X(not_drawn, "is not among the devices that the experiment takes")        \
  X(in_experiment, "belongs to an experiment while that runs")              \
  X(busy, "is at another update")

enum class Reason : uint8_t {
#define OTTER_REASON_ENUM(word, text) word,
  OTTER_REASONS(OTTER_REASON_ENUM)
#undef OTTER_REASON_ENUM
};
const char* name(Reason reason);
std::optional<Reason> reason_named(std::string_view text);
const char* sentence(Reason reason);

// A device's part in a rollout, from its first offer on.
struct Part {
  uint32_t stage = 0;
  int64_t started_s = 0;   // [s since 1970-01-01 UTC] the first offer
  uint32_t attempts = 0;   // that failed
  int64_t retry_at_s = 0;  // [s since 1970-01-01 UTC]
  End end = End::open;
  int64_t ended_s = 0;              // [s since 1970-01-01 UTC]
  Reason reason = Reason::offered;  // why it was skipped
};

// The device, as it stands to the rollout now.
//
// In an arm, before it has entered it, `unfit` and `has_failed` are about any of the arms'
// releases: whatever arm is dealt to it, it enters under the same conditions.
struct Visit {
  int64_t now_s = 0;           // [s since 1970-01-01 UTC]
  uint64_t place = 0;          // cohort_place()
  int32_t utc_offset_min = 0;  // [minutes] of its own clock
  bool is_in_group = true;
  bool is_latecomer = false;  // to the group
  bool runs_it = false;
  const char* unfit = nullptr;  // the error's word; nullptr: it fits
  bool has_failed = false;      // the release, on this device, whenever
  bool is_busy = false;         // at another rollout's offer
  bool is_held = false;         // by an experiment that runs
  uint32_t open_at_site = 0;    // devices of its address that are at it, without itself
  const Part* part = nullptr;   // nullptr: not started
};

// What else is going on in the rollout.
struct Traffic {
  Tally tally;
  uint32_t members = 0;         // devices in the group
  int64_t bytes_free_at_s = 0;  // [s since 1970-01-01 UTC] when the next download may begin
};

struct Decision {
  Reason reason = Reason::ended;
  int64_t until_s = 0;           // [s since 1970-01-01 UTC] when that ends; 0: by an event
  const char* detail = nullptr;  // for `unfit`: the error's word
  bool starts = false;           // offered for the first time: the device takes its part
  bool skips = false;            // is in the stage and needs nothing, or can't have it

  // In an arm: from now on the device is the experiment's.
  bool enters() const { return starts || skips; }
  bool offers() const { return reason == Reason::offered; }
};

Decision decide(const Plan& plan, const State& state, const Traffic& traffic, const Visit& visit);

// When the window is open at or after `now_s` for a device with that clock [s since 1970-01-01
// UTC]; now_s if it is open.
int64_t window_opens_s(const Window& window, int64_t now_s, int32_t utc_offset_min);

// Has an attempt failed whose pause is not over? A pause that is longer than the plan's is none:
// the clock was set back.
bool waits_for_retry(const Plan& plan, const Part& part, int64_t now_s);

// How long one download takes at the plan's rate [microseconds]; 0: there is no such limit.
int64_t download_us(const Plan& plan);

// The part after an attempt has failed: another one, or the end.
Part failed_attempt(const Plan& plan, const Part& part, int64_t now_s);

}  // namespace otter::fleet
