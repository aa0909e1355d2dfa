// Units of data: pointers, words, and the entries of .eh_frame that refer to code. Pure.
// docs/spec/patch.md, "Units".
#pragma once

#include "ota/patch/image_map.h"
#include "ota/patch/unit.h"

namespace otter {

// Where a unit begins.
struct UnitPlace {
  uint32_t offset = 0;  // [bytes from the file's start]
  uint32_t limit = 0;   // the unit ends at it at the latest
  const MappedSegment* segment = nullptr;
  uint32_t address = 0;

  uint32_t left() const { return limit - offset; }
};

// The unit at a place in a segment of data.
//
// REQUIRES: `bytes` has [offset - kUnitLookBehind, offset + kUnitLookAhead), as far as that is in
//           the file
Unit read_data_unit(const ImageMap& map, const ImageBytes& bytes, const UnitPlace& place,
                    bool is_xtensa);

// A unit to be written for another place and another target.
struct UnitMove {
  Unit unit;
  const uint8_t* old_bytes = nullptr;
  uint32_t new_address = 0;
  uint32_t new_target = 0;
  uint32_t new_base = 0;  // RISC-V: what the register holds that a low part is added to
  bool is_xtensa = false;
};

// Writes the unit's bytes anew to `out` [kUnitSizeMax]. False if the target is out of its reach.
bool move_data_unit(const UnitMove& move, uint8_t* out);

// What `new_bytes`, which took the unit's place, refer to. False if that is not to be seen.
bool find_data_target(const UnitMove& move, const uint8_t* new_bytes, uint32_t* target);

}  // namespace otter
