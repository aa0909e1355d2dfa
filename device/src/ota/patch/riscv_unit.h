// Units of RISC-V code (rv32imc). An address is often made in two steps, its upper part by lui or
// auipc and the rest later, so registers whose value is known are followed. Pure.
// docs/spec/patch.md, "RISC-V".
//
// Source: The RISC-V Instruction Set Manual, volume I, 20191213, chapters 2, 16 and 24
#pragma once

#include "ota/patch/data_unit.h"

namespace otter {

// What registers hold, in the old image and in the new one.
class RegisterTracker {
 public:
  void clear() {
    known_ = 0;
    pending_ = 0;
    new_base_ = 0;
  }
  bool knows(uint32_t name) const { return (known_ >> name & 1) != 0; }
  uint32_t old_value(uint32_t name) const { return old_values_[name]; }
  uint32_t new_value(uint32_t name) const { return new_values_[name]; }
  void forget(uint32_t name) { known_ &= ~(1u << name); }
  void copy(uint32_t to, uint32_t from);
  // The unit that is being read writes `value` to the register; finish() learns what it writes in
  // the new image.
  void expect(uint32_t name, uint32_t value);
  // The unit became `new_bytes` at `new_address`.
  void finish(const uint8_t* old_bytes, const uint8_t* new_bytes, uint32_t new_address);
  // The unit became something at no address.
  void drop_expected();
  // For a walk of one image alone: nobody will ask what the register holds in another.
  void keep_expected() { pending_ = 0; }

  // In the new image: what the low part of the unit that is being read is added to.
  uint32_t new_base() const { return new_base_; }
  void set_new_base(uint32_t value) { new_base_ = value; }

 private:
  uint32_t old_values_[32];
  uint32_t new_values_[32];
  uint32_t known_ = 0;    // a bit for each register
  uint32_t pending_ = 0;  // the register that expect() named; 0: none
  uint32_t new_base_ = 0;
};

// The unit at a place in a segment of code; `bytes` as read_data_unit() needs it.
// `new_global_pointer`: of the new image; 0: none.
Unit read_riscv_unit(const ImageMap& map, const ImageBytes& bytes, const UnitPlace& place,
                     RegisterTracker& registers, uint32_t new_global_pointer);

bool move_riscv_unit(const UnitMove& move, uint8_t* out);
bool find_riscv_target(const UnitMove& move, const uint8_t* new_bytes, uint32_t* target);

}  // namespace otter
