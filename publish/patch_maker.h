// Makes patches (docs/spec/patch.md) and applies them. Every patch is proved before it is given
// out: the device's own decoder made the result from it. Any thread.
#pragma once

#include <functional>
#include <vector>

#include "ota/patch/patch_header.h"
#include "ota/wire/bytes.h"

namespace otter {

struct PatchOptions {
  uint32_t memory_size = 32 * 1024;  // [bytes] of the device's decoder, one of kPatchMemorySizes
  // How many ways are tried at most; the smallest patch is kept. More take longer, and a patch
  // above an eighth of its image is tried once.
  int tries = 3;
  // Called before each of them with how many are done, of how many.
  std::function<void(int, int)> progress;
};

// A patch from `base`, which may be empty, to `result`.
//
// Errors: std::runtime_error (larger than kPatchImageSizeMax; no memory; it does not prove right)
std::vector<uint8_t> make_patch(Bytes base, Bytes result, const PatchOptions& options);

// What comes of `patch` and `base`.
//
// Errors: std::runtime_error (it is no patch, not for this base, or doesn't give what it says)
std::vector<uint8_t> apply_patch(Bytes base, Bytes patch);

}  // namespace otter
