// An image with the addresses in its instructions and pointers replaced: what was only moved then
// looks the same. For alignment alone. Pure, any thread.
#pragma once

#include <functional>
#include <vector>

#include "publish/patch_image.h"

namespace otter {

// The bytes with all far addresses made equal.
std::vector<uint8_t> without_addresses(const PatchImage& image);

// The bytes with each address replaced by a mark of `label(address)`: the same label, the same
// mark.
std::vector<uint8_t> with_labels(const PatchImage& image,
                                 const std::function<uint32_t(uint32_t)>& label);

}  // namespace otter
