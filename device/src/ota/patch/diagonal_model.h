// Where a copy's source lies against its place: mostly where one of the last few copies had it.
// Pure. docs/spec/patch.md, "Steps".
#pragma once

#include "ota/patch/patch_models.h"

namespace otter {

class DiagonalModel {
 public:
  void clear() { *this = DiagonalModel(); }

  void remember(uint32_t diagonal) {
    for (uint32_t i = kDiagonals - 1; i > 0; --i) recent_[i] = recent_[i - 1];
    recent_[0] = diagonal;
  }

  // Codes how far the source lies from `expected`, both less the copy's place.
  template <typename Coder>
  uint32_t code(Coder& coder, uint32_t step, uint32_t expected, NumberModel& number,
                ControlBits& bits) {
    uint32_t rank = rank_of(expected + step);
    const bool is_known = code_bit(coder, rank < kDiagonals, bits.diagonal_known[kind_], 7);
    if (is_known) {
      uint32_t coded = 0;
      while (coded < kDiagonals - 1 &&
             code_bit(coder, rank > coded, bits.diagonal_rank[coded], 7)) {
        ++coded;
      }
      kind_ = 1;
      return move_to_front(coded) - expected;
    }
    const uint32_t coded = code_signed(coder, step, number);
    remember(expected + coded);
    kind_ = coded + 63 < 127 ? 2 : 3;
    return coded;
  }

 private:
  uint32_t rank_of(uint32_t diagonal) const {
    uint32_t rank = 0;
    while (rank < kDiagonals && recent_[rank] != diagonal) ++rank;
    return rank;
  }
  uint32_t move_to_front(uint32_t rank) {
    const uint32_t diagonal = recent_[rank];
    for (uint32_t i = rank; i > 0; --i) recent_[i] = recent_[i - 1];
    recent_[0] = diagonal;
    return diagonal;
  }

  uint32_t recent_[kDiagonals] = {};
  uint32_t kind_ = 0;  // of the last step: 1 a recent diagonal, 2 a short way, 3 a long one
};

}  // namespace otter
