// What a patch is to say: how the result lies on the base. Pure, any thread. docs/spec/patch.md.
#pragma once

#include <vector>

#include "ota/patch/codec_state.h"
#include "publish/alignment.h"
#include "publish/patch_image.h"

namespace otter {

struct PatchPlan {
  std::vector<MapBlock> blocks;  // of the address map
  std::vector<OverlayEntry> overlay;
  std::vector<InlineCopy> copies;  // the blocks that found no place in it, and pieces in gaps
};

// What an address map may hold.
struct PlanLimits {
  size_t blocks = 0;
  size_t overlay = 0;
};

// Both images are of one method.
//
// Errors: std::runtime_error (no memory)
PatchPlan plan_patch(const PatchImage& base, const PatchImage& result, const AlignmentCosts& costs,
                     const PlanLimits& limits);

}  // namespace otter
