// A fleet of modelled boards in virtual time, updated by the rollouts that a server runs: the same
// fleet::Book decides, on what boards report. A board here is a few numbers, not a virtual device:
// how often it is heard of, how it fares, and what a release does to it. docs/simulator.md. All
// follows from the seed; one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fleet/rollout.h"

namespace otter::sim {

// What a release does to the boards that it hits.
enum class ReleaseFault : uint8_t {
  none,
  crash_at_boot,  // it never confirms: the board rolls back
  crash_later,    // abnormal resets, `crashes_per_day` each, from `after_s` on
  leak,           // its heap is gone in a day, again and again
  lose_wifi,      // it is never heard of again, from `after_s` on
  worse_metrics,  // what its application measures is 30 % worse, where a gate of the plan looks
};
const char* name(ReleaseFault fault);

constexpr uint32_t kAnyRevision = UINT32_MAX;

struct FleetRelease {
  std::string version;
  int64_t at_s = 0;  // [s] after the beginning: when its rollout is added
  ReleaseFault fault = ReleaseFault::none;
  double share = 1;                  // of the boards: those that it hits
  uint32_t revision = kAnyRevision;  // of the chip: it hits these alone
  int64_t after_s = 6 * 3600;        // [s] once it runs
  double crashes_per_day = 4;
  double spread_max = 1;  // the share of the fleet that may ever run it
  fleet::Plan plan;       // its id, product and version are filled in
};

// What a signal says of a link, 0: none that holds, 1: perfect; and the other way round [dBm].
constexpr double link_of_rssi(double rssi_dbm) { return (rssi_dbm + 85) / 35; }
constexpr double rssi_of_link(double link) { return 35 * link - 85; }

// A board as a real fleet has one, in place of one that is left to chance.
struct KnownBoard {
  std::string id;
  uint32_t revision = 0;      // of its chip
  double resets_per_day = 0;  // abnormal ones
  double link = 1;            // 0: none, 1: perfect
  double heap_kib = 100;      // that is left at the lowest
  double rssi_dbm = -60;
  std::vector<fleet::MetricValue> metrics;  // of its application; others are 100
  bool is_off = false;                      // it is never on
  double download_failure = 0.02;           // of its downloads, with a fair link
};

struct FleetPlan {
  uint32_t devices = 1000;
  std::vector<KnownBoard> boards;  // as many, or none: all are left to chance
  uint32_t days = 28;
  int64_t interval_s = 3600;  // [s] between two check-ins, give or take a tenth
  uint64_t seed = 1;
  double loss = 0;                 // of all messages, each way
  double duplication = 0;          // of all messages to the server
  double resets_per_day = 0.05;    // abnormal ones, the fleet's mean; boards differ by a gamma law
  double reset_shape = 0.5;        // of that law: the smaller, the more a few boards have most
  double offline_per_day = 0.01;   // the chance that a board is gone for one to five days
  double drawer = 0.02;            // the share of boards that are never on
  double download_failure = 0.02;  // of a board with a fair link
  double power_cuts_per_day = 0;   // of a board: a download goes on then, a trial begins anew
  double server_kib_per_s = 0;     // for all downloads together; 0: more than they take
  uint32_t restarts = 0;           // of the server, each losing what it had not kept yet
  std::vector<FleetRelease> releases;
};

struct FleetDay {
  uint32_t day = 0;  // ended
  fleet::Phase phase = fleet::Phase::waiting;
  uint32_t stage = 0;
  fleet::Tally tally;
};

struct FleetHalt {
  int64_t at_s = 0;  // [s] after the beginning
  fleet::Cause cause = fleet::Cause::none;
  std::string detail;
  uint32_t started = 0;
};

struct ReleaseOutcome {
  std::string version;
  fleet::Phase phase = fleet::Phase::waiting;
  fleet::Tally tally;
  uint32_t ran = 0;  // boards that ever ran it, for a moment at least
  bool is_contained = true;
  // Boards of which the rollout says otherwise than what became of them: confirmed, rolled back,
  // returned, or none of these.
  uint32_t differing = 0;
  uint32_t undelivered = 0;  // boards whose last word is still on its way; not compared
  std::vector<FleetDay> curve;
  std::vector<FleetHalt> halts;
};

struct FleetOutcome {
  std::vector<ReleaseOutcome> releases;
  std::vector<std::string> violations;  // of the rollouts' invariants, the first few
  uint64_t check_ins = 0;
  uint64_t messages = 0;
  uint64_t messages_lost = 0;
  uint64_t messages_doubled = 0;

  bool is_fine() const;
};

// Errors: std::runtime_error (a release's plan can't be run)
FleetOutcome run_fleet(const FleetPlan& plan);

// The plan by stages of 1, 5, 20, 50 and 100 % with a day's watch each and all gates on.
fleet::Plan careful_plan();

// Five releases in four weeks, of which the second crashes at boot and the fourth raises abnormal
// resets; the others are good.
FleetPlan five_releases(uint32_t devices, uint64_t seed);

}  // namespace otter::sim
