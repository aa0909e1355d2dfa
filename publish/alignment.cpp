#include "publish/alignment.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "publish/alignment_candidates.h"

namespace otter {
namespace {

constexpr int32_t kNew = INT32_MAX;  // in place of a diagonal: bytes that continue nothing
constexpr size_t kPathsMax = 40;
constexpr size_t kPathsKept = 32;

// The cheapest way from front to back; at each byte it may stay on its diagonal, change to a
// candidate, or go on with new bytes.
class CheapestWay {
 public:
  CheapestWay(Bytes base, Bytes result, const AlignmentCosts& costs)
      : base_(base), result_(result), costs_(costs) {
    nodes_.push_back({kNew, 0, -1});
  }

  void advance(int32_t position, const AlignmentCandidate* begin, const AlignmentCandidate* end) {
    find_best();
    if (best_node_ != new_node_ && best_cost_ + costs_.new_begin < new_cost_) {
      new_cost_ = best_cost_ + costs_.new_begin;
      new_node_ = add_node(kNew, position);
    }
    for (const AlignmentCandidate* candidate = begin; candidate != end; ++candidate) {
      enter(candidate->diagonal, position);
    }
    new_cost_ += costs_.new_byte;
    follow(position);
    if (paths_.size() <= kPathsMax) return;
    std::nth_element(paths_.begin(), paths_.begin() + kPathsKept, paths_.end(),
                     [](const Path& a, const Path& b) { return a.cost < b.cost; });
    paths_.resize(kPathsKept);
  }

  std::vector<MapBlock> blocks() {
    find_best();
    std::vector<MapBlock> found;
    uint32_t end = static_cast<uint32_t>(result_.size);
    for (int32_t at = best_node_; at >= 0; at = nodes_[at].previous) {
      const Node& node = nodes_[at];
      const uint32_t begin = static_cast<uint32_t>(node.begin);
      if (node.diagonal != kNew && end > begin) {
        found.push_back({begin, begin + static_cast<uint32_t>(node.diagonal), end - begin});
      }
      end = std::min(end, begin);
    }
    std::reverse(found.begin(), found.end());
    return joined(found);
  }

 private:
  struct Node {
    int32_t diagonal;
    int32_t begin;  // [bytes from the result's start]
    int32_t previous;
  };
  struct Path {
    int32_t diagonal;
    double cost;
    int32_t node;
    bool has_missed;
  };

  int32_t add_node(int32_t diagonal, int32_t position) {
    nodes_.push_back({diagonal, position, best_node_});
    return static_cast<int32_t>(nodes_.size() - 1);
  }

  void find_best() {
    best_cost_ = new_cost_;
    best_node_ = new_node_;
    for (const Path& path : paths_) {
      if (path.cost >= best_cost_) continue;
      best_cost_ = path.cost;
      best_node_ = path.node;
    }
  }

  double step_cost(int32_t diagonal) const {
    const Node* from = &nodes_[best_node_];
    if (from->diagonal == kNew && from->previous >= 0) from = &nodes_[from->previous];
    const double before = from->diagonal == kNew ? 0 : from->diagonal;
    const double distance = std::fabs(diagonal - before);
    return std::min(costs_.step_max,
                    costs_.step_base + costs_.step_per_bit * std::log2(1 + distance));
  }

  void enter(int32_t diagonal, int32_t position) {
    const double cost = best_cost_ + step_cost(diagonal);
    const auto same = std::find_if(paths_.begin(), paths_.end(),
                                   [&](const Path& path) { return path.diagonal == diagonal; });
    if (same == paths_.end()) {
      paths_.push_back({diagonal, cost, add_node(diagonal, position), false});
    } else if (cost < same->cost) {
      *same = {diagonal, cost, add_node(diagonal, position), false};
    }
  }

  // One byte further on all diagonals; those that lag too far behind are given up.
  void follow(int32_t position) {
    const double limit = best_cost_ + costs_.step_max * 6 + 60;
    size_t kept = 0;
    for (Path path : paths_) {
      const int64_t place = int64_t{position} + path.diagonal;
      if (place < 0 || static_cast<size_t>(place) >= base_.size) continue;
      if (base_.data[place] == result_.data[position]) {
        path.cost += costs_.match;
        path.has_missed = false;
      } else {
        path.cost += path.has_missed ? costs_.next_miss : costs_.first_miss;
        path.has_missed = true;
      }
      if (path.cost <= limit) paths_[kept++] = path;
    }
    paths_.resize(kept);
  }

  static std::vector<MapBlock> joined(const std::vector<MapBlock>& found) {
    std::vector<MapBlock> blocks;
    for (const MapBlock& block : found) {
      const bool continues = !blocks.empty() && blocks.back().result_end() == block.result &&
                             blocks.back().base_end() == block.base;
      if (continues) {
        blocks.back().size += block.size;
      } else {
        blocks.push_back(block);
      }
    }
    return blocks;
  }

  Bytes base_;
  Bytes result_;
  const AlignmentCosts& costs_;
  std::vector<Node> nodes_;
  std::vector<Path> paths_;
  double new_cost_ = 0;
  int32_t new_node_ = 0;
  double best_cost_ = 0;
  int32_t best_node_ = 0;
};

}  // namespace

std::vector<MapBlock> align(Bytes base, Bytes result, const AlignmentCosts& costs) {
  const std::vector<AlignmentCandidate> candidates = find_candidates(base, result, costs.size_min);
  CheapestWay way(base, result, costs);
  const AlignmentCandidate* next = candidates.data();
  const AlignmentCandidate* const end = next + candidates.size();
  for (size_t at = 0; at < result.size; ++at) {
    const AlignmentCandidate* first = next;
    while (next != end && next->position <= static_cast<int32_t>(at)) ++next;
    way.advance(static_cast<int32_t>(at), first, next);
  }
  return way.blocks();
}

}  // namespace otter
