#include "publish/gap_copies.h"

#include <cmath>

#include "publish/suffix_index.h"

namespace otter {
namespace {

constexpr size_t kHashedSize = 5;  // [bytes] that pieces have in common at least
constexpr uint32_t kHashBits = 18;
constexpr int kTriesMax = 400;
constexpr uint32_t kCopySizeMin = 8;  // [bytes]
constexpr double kByteGain = 4.2;     // bits that a copied byte saves
constexpr double kCopyCost = 10;      // bits ...
constexpr double kCostPerBit = 1.5;   // ... and for each bit of the distance

// Where pieces with the same beginning stand, the last one first.
class PieceIndex {
 public:
  explicit PieceIndex(Bytes text)
      : text_(text), heads_(size_t{1} << kHashBits, kNone), next_(text.size, kNone) {}

  // Everything before `end` from now on.
  void add_until(size_t end) {
    for (; added_ < end && added_ + kHashedSize <= text_.size; ++added_) {
      int32_t& head = heads_[hash_of(text_.data + added_)];
      next_[added_] = head;
      head = static_cast<int32_t>(added_);
    }
  }

  template <typename Visit>
  void visit(const uint8_t* piece, Visit&& visit) const {
    int tries = kTriesMax;
    for (int32_t at = heads_[hash_of(piece)]; at != kNone && tries-- > 0; at = next_[at]) {
      visit(static_cast<uint32_t>(at));
    }
  }

 private:
  static constexpr int32_t kNone = -1;

  static uint32_t hash_of(const uint8_t* p) {
    return hash32(load_le32(p) * 31 + p[4]) >> (32 - kHashBits);
  }

  Bytes text_;
  std::vector<int32_t> heads_;
  std::vector<int32_t> next_;
  size_t added_ = 0;
};

class GapSearch {
 public:
  GapSearch(Bytes base, Bytes result)
      : base_(base), result_(result), base_index_(base), result_index_(result) {
    base_index_.add_until(base.size);
  }

  // The gap [begin, end) of the result; `base_begin` is where the base would go on.
  void fill(uint32_t begin, uint32_t end, uint32_t base_begin) {
    uint32_t expected = base_begin;
    for (uint32_t at = begin; at + kHashedSize <= end;) {
      result_index_.add_until(at);
      const InlineCopy copy = best_copy(at, end, expected);
      if (copy.size >= kCopySizeMin) {
        copies_.push_back(copy);
        at += copy.size;
        expected = copy.is_exact ? expected + copy.size : copy.source + copy.size;
      } else {
        ++at;
        ++expected;
      }
    }
  }

  std::vector<InlineCopy> take() { return std::move(copies_); }

 private:
  InlineCopy best_copy(uint32_t at, uint32_t end, uint32_t expected) const {
    InlineCopy best;
    double best_gain = 0;
    const Bytes wanted = result_.part(at, end - at);
    const auto consider = [&](Bytes text, uint32_t source, double distance, bool is_exact) {
      const size_t size = common_size(text.part(source), wanted);
      const double gain =
          static_cast<double>(size) * kByteGain - kCopyCost - kCostPerBit * std::log2(1 + distance);
      if (size < kHashedSize || gain <= best_gain) return;
      best_gain = gain;
      best = {at, static_cast<uint32_t>(size), source, is_exact};
    };
    base_index_.visit(wanted.data, [&](uint32_t source) {
      consider(base_, source, std::fabs(static_cast<double>(source) - expected), false);
    });
    result_index_.visit(wanted.data,
                        [&](uint32_t source) { consider(result_, source, at - source, true); });
    return best;
  }

  Bytes base_;
  Bytes result_;
  PieceIndex base_index_;
  PieceIndex result_index_;
  std::vector<InlineCopy> copies_;
};

}  // namespace

std::vector<InlineCopy> find_gap_copies(Bytes base, Bytes result,
                                        const std::vector<MapBlock>& blocks) {
  GapSearch search(base, result);
  uint32_t at = 0;
  uint32_t base_at = 0;
  for (const MapBlock& block : blocks) {
    search.fill(at, block.result, base_at);
    at = block.result_end();
    base_at = block.base_end();
  }
  search.fill(at, static_cast<uint32_t>(result.size), base_at);
  return search.take();
}

}  // namespace otter
