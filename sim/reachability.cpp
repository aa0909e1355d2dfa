#include "sim/reachability.h"

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>

#include "sim/otadata_text.h"

namespace otter::sim {
namespace {

constexpr size_t kNoParent = SIZE_MAX;

Move restart_move() {
  return {"restart", [](Play& play) { play.wants_restart = true; }};
}

UpdateState fresh_device(const BenchLayout& layout) {
  UpdateState fresh;
  if (!layout.has_factory) fresh.slots[0] = Content::good;
  return fresh;
}

struct Node {
  UpdateState state;
  size_t parent = kNoParent;
  std::string move;
};

struct Outcome {
  UpdateState state;
  std::optional<LossKind> loss;
  Otadata before_restart;
  bool was_cut = false;
};

class Explorer {
 public:
  Explorer(const UpdateRules& rules, const ReachabilityOptions& options)
      : rules_(rules), options_(options), bench_(options.layout) {
    if (options_.layout.has_factory) bench_.put_image(kFactoryIndex, true);
  }

  Outcome make_move(const UpdateState& state, const Move& move) {
    return make(state, move, std::nullopt);
  }

  Reachability run(const std::vector<UpdateState>& starts) {
    for (const UpdateState& start : starts) add_start(start);
    for (size_t i = 0; i < nodes_.size(); ++i) expand(i);
    result_.states = nodes_.size();
    for (Node& node : nodes_) result_.reached.push_back(node.state);
    return std::move(result_);
  }

 private:
  void add_start(const UpdateState& start) {
    const Outcome outcome = make(start, restart_move(), std::nullopt);
    if (outcome.loss) return;
    if (is_misled(outcome.state)) {
      ++result_.misled_starts;
      return;
    }
    add(outcome.state, kNoParent, "start from " + to_text(start, slot_count()));
  }

  bool is_misled(const UpdateState& state) const {
    const int active = state.otadata.active();
    if (active < 0 || state.otadata.entries[active].state != OtaState::pending_verify) return false;
    const OtadataEntry& other = state.otadata.entries[1 - active];
    return other.is_bootable() && other.state == OtaState::valid &&
           state.slots[otadata_slot(other.sequence, slot_count())] == Content::bad;
  }

  uint8_t slot_count() const { return options_.layout.slot_count; }

  void add(const UpdateState& state, size_t parent, const std::string& move) {
    Node node{state, parent, move};
    node.state.otadata = with_small_sequences(state.otadata, slot_count());
    if (known_.insert(key_of(node.state)).second) nodes_.push_back(std::move(node));
  }

  void expand(size_t index) {
    const UpdateState state = nodes_[index].state;
    std::vector<Move> moves = rules_.moves(state);
    moves.push_back(restart_move());
    bool is_lost = false;
    for (const Move& move : moves) {
      is_lost |= follow(index, make(state, move, std::nullopt), move.name);
      if (!options_.power_cuts) continue;
      for (uint64_t cut = 0;; ++cut) {
        const Outcome outcome = make(state, move, cut);
        if (!outcome.was_cut) break;
        is_lost |= follow(index, outcome, move.name + ", power cut");
      }
    }
    if (is_lost) ++result_.lost_states;
  }

  // True if it is a loss.
  bool follow(size_t index, const Outcome& outcome, const std::string& name) {
    ++result_.transitions;
    if (!outcome.loss) {
      add(outcome.state, index, name);
      return false;
    }
    record_loss(index, outcome, name);
    return true;
  }

  void record_loss(size_t index, const Outcome& outcome, const std::string& name) {
    Loss loss;
    loss.kind = *outcome.loss;
    loss.otadata = to_text(with_small_sequences(outcome.before_restart, slot_count()));
    if (!lost_otadata_.insert(loss.otadata).second) return;
    loss.history.push_back(name);
    for (size_t at = index; at != kNoParent; at = nodes_[at].parent) {
      if (!nodes_[at].move.empty()) loss.history.insert(loss.history.begin(), nodes_[at].move);
    }
    result_.losses.push_back(std::move(loss));
  }

  // Makes a move, with the power failing before flash operation `cut` of it and of the boots after.
  Outcome make(const UpdateState& state, const Move& move, std::optional<uint64_t> cut) {
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

  void load(const UpdateState& state) {
    bench_.put(state.otadata);
    for (uint8_t slot = 0; slot < slot_count(); ++slot) {
      bench_.put_image(slot, state.slots[slot] != Content::nothing);
    }
  }

  void sync(UpdateState& state) {
    state.otadata = bench_.read_otadata();
    for (uint8_t slot = 0; slot < slot_count(); ++slot) {
      if (!bench_.has_image(slot)) state.slots[slot] = Content::nothing;
    }
  }

  // What a board finds when the power is back.
  Otadata restore_power(Outcome* out) {
    out->was_cut |= !bench_.flash().has_power();
    bench_.flash().restore_power();
    sync(out->state);
    return out->state.otadata;
  }

  // Boots until a good image has started and done what it does first, or none ever will.
  void settle(Play& play, Outcome* out) {
    while (true) {
      if (!boot_good(out)) return;
      if (play.has_power()) rules_.start(play);
      const bool is_done = play.has_power();
      const Otadata found = restore_power(out);
      if (is_done) return;
      out->before_restart = found;
    }
  }

  // False if no good image will ever start; true without power if it failed.
  bool boot_good(Outcome* out) {
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

  const UpdateRules& rules_;
  const ReachabilityOptions options_;
  BootBench bench_;
  std::vector<Node> nodes_;
  std::set<std::string> known_;
  std::set<std::string> lost_otadata_;
  Reachability result_;
};

}  // namespace

std::optional<Replay> replay(const UpdateRules& rules, const BenchLayout& layout,
                             const std::vector<std::string>& history,
                             const std::optional<UpdateState>& start) {
  Explorer explorer(rules, {layout});
  Outcome outcome = explorer.make_move(start.value_or(fresh_device(layout)), restart_move());
  for (const std::string& name : history) {
    std::vector<Move> moves = rules.moves(outcome.state);
    moves.push_back(restart_move());
    const auto move = std::find_if(moves.begin(), moves.end(),
                                   [&name](const Move& offered) { return offered.name == name; });
    if (move == moves.end()) return std::nullopt;
    outcome = explorer.make_move(outcome.state, *move);
    if (outcome.loss) break;
  }
  return Replay{outcome.state, outcome.loss, to_text(outcome.before_restart)};
}

Reachability explore(const UpdateRules& rules, const ReachabilityOptions& options) {
  Reachability out = explore_from(rules, options, {fresh_device(options.layout)});
  for (Loss& loss : out.losses) loss.history.erase(loss.history.begin());
  return out;
}

Reachability explore_from(const UpdateRules& rules, const ReachabilityOptions& options,
                          const std::vector<UpdateState>& starts) {
  return Explorer(rules, options).run(starts);
}

}  // namespace otter::sim
