// An image as patches are made from and for: its bytes, and what can be made out of its structure.
// Pure, any thread.
#pragma once

#include "ota/patch/unit_walk.h"

namespace otter {

struct PatchImage {
  Bytes bytes;                              // must outlive it
  PatchMethod method = PatchMethod::bytes;  // what its code is; bytes: it is no application image
  ImageMap map;

  bool ends_with_own_sha256 = false;
  // The bytes without an appended SHA-256.
  Bytes body() const {
    return bytes.part(0, bytes.size - (ends_with_own_sha256 ? kDigestSize : 0));
  }
};

// Looks at `bytes`. What is no application image, or of an unknown chip, is bytes.
PatchImage read_patch_image(Bytes bytes);

// Calls `visit(place, unit)` for each unit of each segment, in order.
template <typename Visit>
void visit_units(const PatchImage& image, Visit&& visit) {
  const ImageBytes bytes{image.bytes.data, 0, static_cast<uint32_t>(image.bytes.size)};
  UnitWalk walk;
  for (uint32_t i = 0; i < image.map.count(); ++i) {
    const MappedSegment& segment = image.map.segment(i);
    walk.start(image.method, 0);
    UnitPlace place{segment.offset, segment.end(), &segment, segment.address};
    while (place.offset < place.limit) {
      const Unit unit = walk.next(image.map, bytes, place);
      walk.pass();
      visit(place, unit);
      place.offset += unit.size;
      place.address += unit.size;
    }
  }
}

}  // namespace otter
