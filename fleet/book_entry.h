// What Book keeps of one rollout. For book*.cpp alone.
#pragma once

#include <deque>
#include <unordered_set>

#include "fleet/book.h"

namespace otter::fleet {

struct Book::Entry {
  RolloutRecord record;
  std::unordered_map<std::string, PartRecord> parts;  // by device
  Tally all;
  std::vector<Tally> stages;
  std::unordered_map<std::string, uint32_t> open_at;  // by site
  std::unordered_set<std::string> open;               // devices between offer and outcome
  std::unordered_map<std::string, Part> skipped;      // by device: its part before it was started
  std::unordered_map<std::string, uint32_t> unkept;   // by device: writes of its start under way
  int64_t bytes_free_at_us = 0;                       // [microseconds since 1970-01-01 UTC]

  std::vector<Member> members;  // by place
  int64_t members_at_s = 0;     // [s since 1970-01-01 UTC] when they were asked for; 0: never

  // Confirmed devices without a control; of an arm, those that have entered and aren't watched yet.
  std::deque<std::string> unpaired;
  std::unordered_set<std::string> paired;                 // devices whose pair is not over
  std::unordered_map<std::string, std::string> controls;  // control -> its device, once each
  size_t controls_tried = 0;                              // of `members`, from the end
  HealthSums kept_health;                                 // the evidence in the last record

  const Plan& plan() const { return record.plan; }
  const State& state() const { return record.state; }
  const Arm& arm() const { return record.plan.arm; }
  bool watches_health() const { return record.plan.gates.health_alpha > 0; }
  Tally& stage_of(const Part& part);
};

// Adds `by`, 1 or -1, to the tally's figures for such a part.
void count(Tally& tally, const Part& part, int by);

}  // namespace otter::fleet
