#include "sim/move_runner.h"

#include <algorithm>
#include <set>

namespace otter::sim {

Move restart_move() {
  return {"restart", [](Play& play) { play.wants_restart = true; }};
}

UpdateState fresh_device(const BenchLayout& layout) {
  UpdateState fresh;
  if (!layout.has_factory) fresh.slots[0] = Content::good;
  return fresh;
}

MoveRunner::MoveRunner(const UpdateRules& rules, const BenchLayout& layout)
    : rules_(rules), bench_(layout) {
  if (layout.has_factory) bench_.put_image(kFactoryIndex, true);
}

Outcome MoveRunner::run(const UpdateState& state, const Move& move, std::optional<uint64_t> cut) {
  Outcome out;
  out.state = state;
  load(state);
  CutAtOperation fault(bench_.flash().operation_count() + cut.value_or(UINT64_MAX / 2),
                       {PowerCut::before, 0});
  bench_.flash().set_fault(&fault);
  Play play{bench_, out.state};
  move.make(play);
  const bool restarts = play.wants_restart || !play.has_power();
  out.before_restart = restore_power(&out);
  if (restarts) settle(play, &out);
  bench_.flash().set_fault(nullptr);
  return out;
}

void MoveRunner::load(const UpdateState& state) {
  bench_.put(state.otadata);
  for (uint8_t slot = 0; slot < bench_.layout().slot_count; ++slot) {
    bench_.put_image(slot, state.slots[slot] != Content::nothing);
  }
}

void MoveRunner::sync(UpdateState& state) {
  state.otadata = bench_.read_otadata();
  for (uint8_t slot = 0; slot < bench_.layout().slot_count; ++slot) {
    if (!bench_.has_image(slot)) state.slots[slot] = Content::nothing;
  }
}

// What a board finds when the power is back.
Otadata MoveRunner::restore_power(Outcome* out) {
  out->was_cut |= !bench_.flash().has_power();
  bench_.flash().restore_power();
  sync(out->state);
  return out->state.otadata;
}

// Boots until a good image has started and done what it does first, or none ever will.
void MoveRunner::settle(Play& play, Outcome* out) {
  while (true) {
    if (!boot_good(out)) return;
    play.wants_restart = false;
    if (play.has_power()) rules_.start(play);
    const bool is_done = play.has_power() && !play.wants_restart;
    const Otadata found = restore_power(out);
    if (is_done) return;
    out->before_restart = found;
  }
}

// False if no good image will ever start; true without power if it failed.
bool MoveRunner::boot_good(Outcome* out) {
  std::set<std::string> seen;
  while (true) {
    const std::optional<int> booted = bench_.boot();
    if (!bench_.flash().has_power()) return true;
    sync(out->state);
    if (!booted) {
      out->loss = LossKind::nothing_boots;
      return false;
    }
    out->state.running = *booted;
    if (out->state.is_good(*booted)) return true;
    if (!seen.insert(key_of(out->state)).second) {
      out->loss = LossKind::bad_loops;
      return false;
    }
  }
}

std::optional<Outcome> MoveRunner::run(const UpdateState& state, const std::string& name) {
  std::vector<Move> moves = rules_.moves(state);
  moves.push_back(restart_move());
  const auto move = std::find_if(moves.begin(), moves.end(),
                                 [&name](const Move& offered) { return offered.name == name; });
  if (move == moves.end()) return std::nullopt;
  return run(state, *move);
}

std::optional<Outcome> replay(const UpdateRules& rules, const BenchLayout& layout,
                              const std::vector<std::string>& history,
                              const std::optional<UpdateState>& start) {
  MoveRunner runner(rules, layout);
  std::optional<Outcome> outcome = runner.run(start.value_or(fresh_device(layout)), restart_move());
  for (const std::string& name : history) {
    if (outcome->loss) break;
    outcome = runner.run(outcome->state, name);
    if (!outcome) break;
  }
  return outcome;
}

}  // namespace otter::sim
