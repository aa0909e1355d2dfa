// Where in a text the longest piece of another text stands: a sorted list of all its suffixes.
// Pure, any thread may ask.
#pragma once

#include <cstdint>
#include <vector>

#include "ota/wire/bytes.h"

namespace otter {

class SuffixIndex {
 public:
  // `text` must outlive it.
  //
  // Cost: four bytes of memory for each of the text's
  explicit SuffixIndex(Bytes text);

  struct Matches {
    uint32_t size = 0;             // [bytes] of the longest piece
    std::vector<uint32_t> places;  // where in the text it stands; some, if there are many
  };
  // The longest piece at the beginning of `wanted` that stands in the text. No places if it is
  // shorter than `size_min`.
  void find(Bytes wanted, uint32_t size_min, Matches* matches) const;

 private:
  size_t first_not_below(Bytes wanted) const;

  Bytes text_;
  std::vector<int32_t> suffixes_;
};

// [bytes] that `a` and `b` have in common at their beginning.
size_t common_size(Bytes a, Bytes b);

}  // namespace otter
