// A rollout: one release goes to a group of devices in stages, and what becomes of each stage's
// devices decides whether the next one begins. docs/spec/rollout.md. Pure functions of plan, state
// and facts; any thread.
//
//             approval, start time            enough have ended        bake time, gates
//   waiting ----------------------> filling ------------------> baking ----------------> complete
//                                      ^------- next stage -------'
//   filling, baking  --pause()---------------->  paused  --resume()-->  as it was
//   filling .. complete  --a gate, halt()----->  halted  --resume()-->  as it was
//   filling .. complete  --take_back(), a gate-->  returning  --nobody is left-->  returned
//   waiting .. halted  --abort()-->  aborted
//
// Invariants:
//   1. No device is started above the stage's quota of the group, unless the stage is all of it.
//   Who
//      is in an arm of an experiment is a matter of places alone.
//   2. The stage rises by one at a time, after its bake time with all gates passed, or because a
//      person says so; it never falls.
//   3. A device is started once in a rollout, and has one outcome in the end: its own report's, or
//      `lost` when its time is over.
//   4. Nothing is offered while it is paused, halted, or at an end.
//   5. Once it is at an end, nothing brings it back.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/arm.h"

namespace otter::fleet {

constexpr uint32_t kWhole = 10'000;  // shares are in 1/10,000: 100 is one percent
constexpr size_t kStagesMax = 20;

// A part of the group, counted together with the stages before it.
struct Stage {
  uint32_t share = 0;    // [1/10,000]; 0: `devices` counts
  uint32_t devices = 0;  // a number, or all there are
  int64_t bake_s = 0;    // [s] how long it is watched once its devices have ended
};

// What a stage has to pass.
struct Gates {
  uint32_t sample = 50;           // ended devices from which on a share counts as it is
  uint32_t failing_max = 500;     // [1/10,000] of the ended: rolled back, failed, lost
  uint32_t confirmed_min = 9000;  // [1/10,000] of the ended, at the end of the bake time
  // The greatest chance that a release which does no harm is halted for its devices' health, over
  // the whole rollout; 0: health is not watched. docs/spec/statistics.md
  double health_alpha = 0.01;
  int64_t health_window_s = 24 * 3600;  // [s] how long a device and its control are compared
  std::vector<MetricGate> metrics;      // of the application, at most kMetricGatesMax
};

// When devices may be offered it, by their own clock; from == to: always.
struct Window {
  uint16_t from_min = 0;  // [minutes after midnight]
  uint16_t to_min = 0;    // [minutes after midnight]; below `from`: of the next day
};

enum class OnBreach : uint8_t { halt, take_back };

struct Plan {
  std::string id;
  std::string product;
  std::string version;  // of the release; "config 7" where it is a configuration
  std::string group;    // a filter, docs/spec/filter.md; empty: all of the product
  std::vector<Stage> stages;
  Gates gates;
  OnBreach on_breach = OnBreach::halt;
  int64_t start_s = 0;  // [s since 1970-01-01 UTC]
  Window window;
  uint32_t at_once_max = 0;              // devices between offer and outcome; 0: any number
  uint32_t at_once_site_max = 0;         // the same, of one public address
  uint64_t bytes_per_s_max = 0;          // [bytes/s] of all downloads, on average; 0: any
  uint64_t image_bytes = 0;              // [bytes] what one device downloads, below 2^40
  uint32_t attempts_max = 3;             // of one device
  int64_t retry_after_s = 3600;          // [s] after a failed attempt
  int64_t time_limit_s = 7 * 24 * 3600;  // [s] from the first offer on; then a device is lost
  int32_t priority = 0;                  // where several would have a device: the highest
  bool takes_late = true;                // devices that come into the group while it runs
  bool needs_approval = false;           // by a second account
  Arm arm;                               // if it is an experiment's: docs/spec/experiment.md
  uint32_t config_version = 0;           // of a configuration in place of a release; 0: a release

  bool is_configuration() const { return config_version != 0; }
};

// What `Plan::version` is of a configuration: no release has a version like that. And back; 0 of
// what is no configuration.
std::string configuration_name(uint32_t version);
uint32_t configuration_named(std::string_view name);

// Says what is wrong with a plan, in one clear line; nothing if it can be run.
std::optional<std::string> objection_to(const Plan& plan);

// X(word, is_over)
#define OTTER_PHASES(X) \
  X(waiting, false)     \
  X(filling, false)     \
  X(baking, false)      \
  X(paused, false)      \
  X(halted, false)      \
  X(complete, false)    \
  X(returning, false)   \
  X(returned, true)     \
  X(aborted, true)

enum class Phase : uint8_t {
#define OTTER_PHASE_ENUM(word, is_over) word,
  OTTER_PHASES(OTTER_PHASE_ENUM)
#undef OTTER_PHASE_ENUM
};
const char* name(Phase phase);
std::optional<Phase> phase_named(std::string_view text);

// X(word): why it stands still or goes back.
#define OTTER_CAUSES(X) \
  X(none)               \
  X(person)             \
  X(failing)            \
  X(few_confirmed)      \
  X(nobody)             \
  X(unhealthy)

enum class Cause : uint8_t {
#define OTTER_CAUSE_ENUM(word) word,
  OTTER_CAUSES(OTTER_CAUSE_ENUM)
#undef OTTER_CAUSE_ENUM
};
const char* name(Cause cause);
std::optional<Cause> cause_named(std::string_view text);

struct State {
  Phase phase = Phase::waiting;
  Phase before = Phase::waiting;  // what resume() leads back to
  uint32_t stage = 0;             // index into the plan's
  uint64_t bound = 0;             // devices whose place is not above it are in the stage
  int64_t since_s = 0;            // [s since 1970-01-01 UTC] of the phase
  int64_t began_s = 0;            // [s since 1970-01-01 UTC] of the first stage; 0: not yet
  Cause cause = Cause::none;
  std::string detail;  // of the cause, for people: which figure
  bool is_approved = false;

  bool operator==(const State&) const = default;
};

// Devices, by what became of them.
struct Tally {
  uint32_t started = 0;  // all that were ever offered it
  uint32_t skipped = 0;  // in the stage, but run it already or can't take it
  uint32_t present = 0;  // of the skipped: run it already
  uint32_t confirmed = 0;
  uint32_t rolled_back = 0;
  uint32_t refused = 0;
  uint32_t failed = 0;
  uint32_t lost = 0;
  uint32_t returned = 0;  // of the confirmed: back on what ran before

  uint32_t failing() const { return rolled_back + failed + lost; }
  uint32_t ended() const { return confirmed + refused + failing(); }
  uint32_t open() const { return started - ended(); }
  bool operator==(const Tally&) const = default;
};

// The world, as far as a step depends on it.
struct Facts {
  int64_t now_s = 0;     // [s since 1970-01-01 UTC]
  uint32_t members = 0;  // devices in the group
  Tally all;             // of the whole rollout
  Tally stage;           // of the devices that took their part in this stage
  // How long devices could be heard of without a gap, up to now [s]: after a start of the server,
  // or a jump of its clock, it begins anew, and is the maximum once each had its chance.
  int64_t watched_s = std::numeric_limits<int64_t>::max();
  // The strongest evidence that the release does harm, as docs/spec/statistics.md has it, and what
  // it is about. Compared with the logarithm of tests / alpha.
  double log_evidence = 0;
  uint32_t health_tests = 1;
  std::string health_metric;
  // The place of the device of that rank in the group, the first has rank 0.
  //
  // REQUIRES: rank < members
  std::function<uint64_t(uint32_t rank)> place_at;
};

// How many devices may have been started by the end of a stage.
uint32_t quota(const Stage& stage, uint32_t members);

// What time and facts make of it: the same state, or the next one. Called often, it goes one step
// at a time.
//
// REQUIRES: objection_to(plan) has none
State step(const Plan& plan, const State& state, const Facts& facts);

// What a person wants. The same state if it can't be had in this phase.
State approve(const State& state);
State pause(const State& state, int64_t now_s);
State halt(const State& state, int64_t now_s, const std::string& why);
// Also past the gate that has halted it: the person knows better. The gate looks again at the next
// step, so it is loosened first (`Plan::gates`), or the next stage is begun by advance().
State resume(const State& state, int64_t now_s);
// Begins the next stage without waiting; or ends the last one.
State advance(const Plan& plan, const State& state, const Facts& facts);
State abort(const State& state, int64_t now_s);
// Devices that run the release go back to what they ran before, and nobody else gets it.
State take_back(const State& state, int64_t now_s, const std::string& why);

// Is the release offered to devices of the stages so far?
bool is_offering(Phase phase);
bool is_over(Phase phase);

}  // namespace otter::fleet
