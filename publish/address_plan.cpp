#include "publish/address_plan.h"

#include <algorithm>
#include <map>
#include <unordered_map>

namespace otter {
namespace {

constexpr double kEntryCost = 30;  // bits
constexpr double kWrongCost = 14;  // of a reference that goes wrong
constexpr double kEntryCostGrowth = 1.3;
constexpr double kLagMax = 100;        // bits, behind the best, at which a distance is given up
constexpr double kBackCostPart = 0.8;  // of an entry that gives back to the blocks
constexpr double kReferenceGain = 4;
constexpr double kByteGain = 0.1;

// How often references to one address moved by which distance.
using Votes = std::map<uint32_t, std::map<uint32_t, uint32_t>>;

ImageBytes whole(const PatchImage& image) {
  return {image.bytes.data, 0, static_cast<uint32_t>(image.bytes.size)};
}

UnitPlace place_in(const PatchImage& image, uint32_t offset, uint32_t end) {
  UnitPlace place;
  place.offset = offset;
  place.segment = image.map.at_offset(offset);
  if (place.segment == nullptr) return place;
  place.limit = std::min(end, place.segment->end());
  place.address = place.segment->address_of(offset);
  return place;
}

// Walks a block in both images side by side; where units agree, so do what they refer to.
class VoteCollector {
 public:
  VoteCollector(const PatchImage& base, const PatchImage& result, Votes& votes)
      : base_(base), result_(result), votes_(votes) {}

  void add(const MapBlock& block) {
    base_walk_.start(base_.method, 0);
    result_walk_.start(result_.method, 0);
    for (uint32_t at = block.base; at < block.base_end();) {
      const UnitPlace place = place_in(base_, at, block.base_end());
      if (place.segment == nullptr) {
        ++at;
        continue;
      }
      const Unit unit = base_walk_.next(base_.map, whole(base_), place);
      base_walk_.pass();
      compare(unit, place_in(result_, block.result + (at - block.base), block.result_end()));
      at += unit.size;
    }
  }

 private:
  void compare(const Unit& unit, const UnitPlace& place) {
    const bool is_followed = unit.has_target || base_.method == PatchMethod::riscv;
    if (place.segment == nullptr || !is_followed) return;
    const Unit became = result_walk_.next(result_.map, whole(result_), place);
    result_walk_.pass();
    if (!unit.has_target || !became.has_target || became.kind != unit.kind ||
        became.size != unit.size) {
      return;
    }
    ++votes_[unit.target][became.target - unit.target];
  }

  const PatchImage& base_;
  const PatchImage& result_;
  Votes& votes_;
  UnitWalk base_walk_;
  UnitWalk result_walk_;
};

// The cheapest sequence of entries, over the addresses in order.
class OverlaySearch {
 public:
  explicit OverlaySearch(double entry_cost) : entry_cost_(entry_cost) {}

  // `mapped`: the distance by which the blocks move `address`.
  void add(uint32_t address, const std::map<uint32_t, uint32_t>& votes, uint32_t mapped) {
    find_best();
    if (best_cost_ + entry_cost_ * kBackCostPart < map_cost_) {
      map_cost_ = best_cost_ + entry_cost_ * kBackCostPart;
      map_node_ = add_node(address, kOverlayNone);
    }
    for (const auto& [distance, count] : votes) {
      const auto found = paths_.find(distance);
      if (distance == mapped && found == paths_.end()) continue;
      if (found != paths_.end() && found->second.cost <= best_cost_ + entry_cost_) continue;
      paths_[distance] = {best_cost_ + entry_cost_, add_node(address, distance)};
    }
    uint32_t all = 0;
    for (const auto& [distance, count] : votes) all += count;
    const auto cost_of = [&](uint32_t distance) {
      const auto right = votes.find(distance);
      return (all - (right == votes.end() ? 0 : right->second)) * kWrongCost;
    };
    map_cost_ += cost_of(mapped);
    const double limit = best_cost_ + entry_cost_ + kLagMax;
    for (auto at = paths_.begin(); at != paths_.end();) {
      at->second.cost += cost_of(at->first);
      at = at->second.cost > limit ? paths_.erase(at) : std::next(at);
    }
  }

  std::vector<OverlayEntry> entries() {
    find_best();
    std::vector<OverlayEntry> found;
    for (int at = best_node_; at >= 0; at = nodes_[at].previous) {
      // Entries begin at words. Of two at one word the later one counts; this goes backwards.
      const uint32_t address = nodes_[at].address & ~3u;
      if (!found.empty() && found.back().address == address) continue;
      found.push_back({address, nodes_[at].distance});
    }
    std::reverse(found.begin(), found.end());
    return found;
  }

 private:
  struct Node {
    uint32_t address;
    uint32_t distance;
    int previous;
  };
  struct Path {
    double cost = 0;
    int node = -1;
  };

  int add_node(uint32_t address, uint32_t distance) {
    nodes_.push_back({address, distance, best_node_});
    return static_cast<int>(nodes_.size() - 1);
  }
  void find_best() {
    best_cost_ = map_cost_;
    best_node_ = map_node_;
    for (const auto& [distance, path] : paths_) {
      if (path.cost >= best_cost_) continue;
      best_cost_ = path.cost;
      best_node_ = path.node;
    }
  }

  double entry_cost_;
  std::vector<Node> nodes_;
  std::map<uint32_t, Path> paths_;  // by distance
  double map_cost_ = 0;             // of following the blocks
  int map_node_ = -1;
  double best_cost_ = 0;
  int best_node_ = -1;
};

// How many references of the base lead into each block, by the block's place in the result.
std::unordered_map<uint32_t, uint32_t> count_references(const PatchImage& base,
                                                        std::vector<MapBlock> blocks) {
  constexpr int kOverlapsMax = 3;
  std::stable_sort(blocks.begin(), blocks.end(),
                   [](const MapBlock& a, const MapBlock& b) { return a.base < b.base; });
  std::unordered_map<uint32_t, uint32_t> counts;
  visit_units(base, [&](const UnitPlace&, const Unit& unit) {
    if (!unit.has_target) return;
    const MappedSegment* segment = base.map.at_address(unit.target);
    if (segment == nullptr) return;
    const uint32_t offset = segment->offset + (unit.target - segment->address);
    auto at = std::upper_bound(blocks.begin(), blocks.end(), offset,
                               [](uint32_t value, const MapBlock& b) { return value < b.base; });
    for (int back = 0; back < kOverlapsMax && at != blocks.begin(); ++back) {
      --at;
      if (offset >= at->base_end()) continue;
      ++counts[at->result];
      return;
    }
  });
  return counts;
}

}  // namespace

OwnedAddressMap::OwnedAddressMap(const std::vector<MapBlock>& blocks,
                                 const std::vector<OverlayEntry>& overlay)
    : blocks_(blocks.size()),
      overlay_(overlay.size()),
      map_({blocks_.data(), static_cast<uint32_t>(blocks.size()), overlay_.data(),
            static_cast<uint32_t>(overlay.size())}) {
  for (const MapBlock& block : blocks) map_.add_block(block);
  for (const OverlayEntry& entry : overlay) map_.add_overlay(entry);
  map_.sort();
}

std::vector<OverlayEntry> learn_overlay(const PatchImage& base, const PatchImage& result,
                                        const std::vector<MapBlock>& blocks, size_t count_max) {
  Votes votes;
  VoteCollector collector(base, result, votes);
  for (const MapBlock& block : blocks) collector.add(block);
  const OwnedAddressMap owned(blocks, {});
  for (double entry_cost = kEntryCost;; entry_cost *= kEntryCostGrowth) {
    OverlaySearch search(entry_cost);
    for (const auto& [address, distances] : votes) {
      search.add(address, distances, owned.map().moved(address, base.map, result.map) - address);
    }
    std::vector<OverlayEntry> entries = search.entries();
    if (entries.size() <= count_max) return entries;
  }
}

std::vector<MapBlock> choose_blocks(const PatchImage& base, const std::vector<MapBlock>& blocks,
                                    size_t count_max) {
  if (blocks.size() <= count_max) return blocks;
  std::unordered_map<uint32_t, uint32_t> references = count_references(base, blocks);
  const auto gain = [&](const MapBlock& block) {
    return references[block.result] * kReferenceGain + block.size * kByteGain;
  };
  std::vector<MapBlock> chosen = blocks;
  std::stable_sort(chosen.begin(), chosen.end(),
                   [&](const MapBlock& a, const MapBlock& b) { return gain(a) > gain(b); });
  chosen.resize(count_max);
  std::sort(chosen.begin(), chosen.end(),
            [](const MapBlock& a, const MapBlock& b) { return a.result < b.result; });
  return chosen;
}

}  // namespace otter
