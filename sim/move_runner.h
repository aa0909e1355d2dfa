// Makes single moves on a board, with the boots that follow, as far as the next good image: the
// edges of the graph that sim/reachability.h explores. One caller at a time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/update_rules.h"

namespace otter::sim {

enum class LossKind : uint8_t {
  nothing_boots,
  bad_loops,  // a bad image crashes, restarts, and is started again, for ever
};

struct Outcome {
  UpdateState state;
  std::optional<LossKind> loss;  // no good image will ever start again
  Otadata before_restart;        // what the last boot found
  bool was_cut = false;
};

// The move that every rule has.
Move restart_move();

// A good image in factory, or in ota_0 if there is none; otadata erased.
UpdateState fresh_device(const BenchLayout& layout);

class MoveRunner {
 public:
  // `rules` must outlive it.
  MoveRunner(const UpdateRules& rules, const BenchLayout& layout);

  // With the power failing before flash operation `cut` of the move and of the boots after it.
  Outcome run(const UpdateState& state, const Move& move,
              std::optional<uint64_t> cut = std::nullopt);

  // The move of that name; nothing if the rules do not offer it in this state.
  std::optional<Outcome> run(const UpdateState& state, const std::string& name);

 private:
  void load(const UpdateState& state);
  void sync(UpdateState& state);
  Otadata restore_power(Outcome* out);
  void settle(Play& play, Outcome* out);
  bool boot_good(Outcome* out);

  const UpdateRules& rules_;
  BootBench bench_;
};

// One history by the moves' names, from the boot of `start` on (none: of a fresh device); it ends
// with the first loss. Nothing if the rules do not offer a move at its turn.
std::optional<Outcome> replay(const UpdateRules& rules, const BenchLayout& layout,
                              const std::vector<std::string>& history,
                              const std::optional<UpdateState>& start = std::nullopt);

}  // namespace otter::sim
