// Whole images, compressed: the payload of the patch method lzma. Pure, any thread.
// docs/spec/patch.md, "Whole images".
#pragma once

#include <vector>

#include "publish/patch_image.h"

namespace otter {

// `tries` ways at most; the smallest is kept. For a decoder with `memory_size` [bytes], one of
// kPatchMemorySizes.
//
// Errors: std::runtime_error (no memory)
std::vector<uint8_t> encode_whole(const PatchImage& image, uint32_t memory_size, int tries);

}  // namespace otter
