// Patches between the images of simulated worlds. They are made once: many worlds have the same
// ones. Any thread.
#pragma once

#include "publish/patch_maker.h"

namespace otter::sim {

// A patch from `base`, which may be empty, to `result`.
//
// Errors: those of make_patch()
std::vector<uint8_t> stage_patch(Bytes base, Bytes result, uint32_t memory_size);

}  // namespace otter::sim
