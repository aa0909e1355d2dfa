// Copies inside of what no block continues: pieces of the base, and of the result itself. Pure, any
// thread.
#pragma once

#include <vector>

#include "ota/patch/codec_state.h"

namespace otter {

// In the order of the result; none overlaps a block or another copy.
std::vector<InlineCopy> find_gap_copies(Bytes base, Bytes result,
                                        const std::vector<MapBlock>& blocks);

}  // namespace otter
