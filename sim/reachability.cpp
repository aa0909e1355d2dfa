#include "sim/reachability.h"

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>

#include "sim/otadata_text.h"

namespace otter::sim {
namespace {

constexpr size_t kNoParent = SIZE_MAX;

struct Node {
  UpdateState state;
  size_t parent = kNoParent;
  std::string move;
};

class Explorer {
 public:
  Explorer(const UpdateRules& rules, const ReachabilityOptions& options)
      : rules_(rules), options_(options), runner_(rules, options.layout) {}

  Reachability run(const std::vector<UpdateState>& starts) {
    for (const UpdateState& start : starts) add_start(start);
    for (size_t i = 0; i < nodes_.size(); ++i) expand(i);
    result_.states = nodes_.size();
    for (Node& node : nodes_) result_.reached.push_back(node.state);
    return std::move(result_);
  }

 private:
  void add_start(const UpdateState& start) {
    const Outcome outcome = runner_.run(start, restart_move());
    if (outcome.loss) return;
    if (is_misled(outcome.state)) {
      ++result_.misled_starts;
      return;
    }
    add(outcome.state, kNoParent, "start from " + to_text(start, slot_count()));
  }

  bool is_misled(const UpdateState& state) const {
    const int active = state.otadata.active();
    if (active < 0) return false;
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
      is_lost |= follow(index, runner_.run(state, move), move.name);
      if (!options_.power_cuts) continue;
      for (uint64_t cut = 0;; ++cut) {
        const Outcome outcome = runner_.run(state, move, cut);
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

  const UpdateRules& rules_;
  const ReachabilityOptions options_;
  MoveRunner runner_;
  std::vector<Node> nodes_;
  std::set<std::string> known_;
  std::set<std::string> lost_otadata_;
  Reachability result_;
};

}  // namespace

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
