// Walks the units of an image of any kind, and writes them for another place. Pure.
// docs/spec/patch.md, "Units".
#pragma once

#include "ota/patch/patch_header.h"
#include "ota/patch/riscv_unit.h"
#include "ota/patch/xtensa_unit.h"

namespace otter {

class UnitWalk {
 public:
  // `new_global_pointer`: RISC-V's gp in the new image; 0: none.
  void start(PatchMethod method, uint32_t new_global_pointer) {
    is_xtensa_ = method == PatchMethod::xtensa;
    new_global_pointer_ = new_global_pointer;
    clear();
  }
  // What comes next does not continue what came before.
  void clear() {
    xtensa_.clear();
    registers_.clear();
  }

  // The unit at `place`; `bytes` as read_data_unit() needs it.
  Unit next(const ImageMap& map, const ImageBytes& bytes, const UnitPlace& place);

  // A move of the unit that next() gave last.
  UnitMove move_of(const Unit& unit, const uint8_t* old_bytes, uint32_t new_address) const;

  // What the unit became; `is_placed`: in a segment of the new image.
  void finish(const UnitMove& move, const uint8_t* new_bytes, bool is_placed);

  // In place of finish(), for a walk of one image alone.
  void pass() { registers_.keep_expected(); }

  // Xtensa: the last unit stands where the instruction before may go on.
  bool is_unlikely_literal() const { return !xtensa_.might_be_literal; }

 private:
  bool is_xtensa_ = false;
  uint32_t new_global_pointer_ = 0;
  XtensaWalk xtensa_;
  RegisterTracker registers_;
};

// Writes the unit's bytes anew to `out` [kUnitSizeMax]. False if the target is out of its reach.
bool move_unit(const UnitMove& move, uint8_t* out);

// What `new_bytes`, which took the unit's place, refer to. False if that is not to be seen.
bool find_target(const UnitMove& move, const uint8_t* new_bytes, uint32_t* target);

}  // namespace otter
