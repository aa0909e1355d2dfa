// Which situations can the history of a device lead to, and does a good image still boot in each?
// All histories of updates, good and bad, cut downloads, restarts, confirmations and rollbacks are
// enumerated until nothing new appears. docs/boot.md. One caller at a time.
#pragma once

#include <string>
#include <vector>

#include "sim/move_runner.h"

namespace otter::sim {

struct Loss {
  LossKind kind = LossKind::nothing_boots;
  std::vector<std::string> history;  // of moves, from a fresh device on; the last ends in a restart
  std::string otadata;               // before that restart
};

struct Reachability {
  size_t states = 0;
  size_t transitions = 0;
  size_t misled_starts = 0;  // passed over: the entry to fall back to lies
  size_t lost_states = 0;    // states from which the next restart loses the device
  std::vector<Loss> losses;  // for each otadata that loses, the shortest history to it
  std::vector<UpdateState> reached;
};

struct ReachabilityOptions {
  BenchLayout layout;
  // Besides, let the power fail before each single flash operation of each move and boot.
  bool power_cuts = false;
};

// From a fresh device: a good image in factory, or in ota_0 if there is none; otadata erased.
Reachability explore(const UpdateRules& rules, const ReachabilityOptions& options);

// From the boots that follow `starts`, which other rules have led to. Passed over are starts that
// are lost already, and those that nobody could save: the entry to fall back to was marked valid
// for an image that never ran and is bad.
Reachability explore_from(const UpdateRules& rules, const ReachabilityOptions& options,
                          const std::vector<UpdateState>& starts);

}  // namespace otter::sim
