// The address map of a patch: the blocks that go into it where not all fit, and the overlay for
// what no block explains. Pure, any thread.
#pragma once

#include <vector>

#include "ota/patch/address_map.h"
#include "publish/patch_image.h"

namespace otter {

// An AddressMap with memory of its own.
class OwnedAddressMap {
 public:
  OwnedAddressMap(const std::vector<MapBlock>& blocks, const std::vector<OverlayEntry>& overlay);
  OwnedAddressMap(const OwnedAddressMap&) = delete;
  OwnedAddressMap& operator=(const OwnedAddressMap&) = delete;
  const AddressMap& map() const { return map_; }

 private:
  std::vector<AddressMap::PackedBlock> blocks_;
  std::vector<OverlayEntry> overlay_;
  AddressMap map_;
};

// The overlay under which the fewest references of copied units go wrong, at a price for each
// entry; at most `count_max` entries.
std::vector<OverlayEntry> learn_overlay(const PatchImage& base, const PatchImage& result,
                                        const std::vector<MapBlock>& blocks, size_t count_max);

// The blocks that help most as a map, at most `count_max` of `blocks`; in their order.
std::vector<MapBlock> choose_blocks(const PatchImage& base, const std::vector<MapBlock>& blocks,
                                    size_t count_max);

}  // namespace otter
