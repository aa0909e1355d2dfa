// Diagonals (a place in the base less one in the result) that may be worth following, by where in
// the result. Pure, any thread.
#pragma once

#include <vector>

#include "publish/suffix_index.h"

namespace otter {

struct AlignmentCandidate {
  int32_t position = 0;  // [bytes from the result's start]
  int32_t diagonal = 0;
};

// In the order of positions. `size_min` [bytes] of the pieces that are looked up.
//
// Errors: std::runtime_error (no memory)
std::vector<AlignmentCandidate> find_candidates(Bytes base, Bytes result, uint32_t size_min);

}  // namespace otter
