// Units of Xtensa code: instructions of two and three bytes, with pools of literals between them,
// so that reading can fall out of step. It finds back at pointers, at `entry`, and at what branches
// lead to. Pure. docs/spec/patch.md, "Xtensa".
//
// Source: Xtensa Instruction Set Architecture Reference Manual, RJ-2010, chapters 4 and 8
#pragma once

#include "ota/patch/data_unit.h"

namespace otter {

// What was seen on the way to a unit.
class XtensaWalk {
 public:
  void clear() { *this = XtensaWalk(); }
  // Forgets marks behind `address`.
  void move_to(uint32_t address);
  // The unit before ended at `end`; marks in it are done with.
  void pass(uint32_t address, uint32_t end);
  // A branch at `address` leads to `target`: an instruction begins there.
  void mark(uint32_t address, uint32_t target);
  bool is_marked(uint32_t address) const {
    return (marks_[address >> 3 & (kMarkBytes - 1)] >> (address & 7) & 1) != 0;
  }

  // True if a literal may stand here: behind a jump, a return or another literal.
  bool may_be_literal = true;
  bool might_be_literal = true;  // the same of the unit that was read last

 private:
  static constexpr uint32_t kMarkBytes = 128;  // a ring of bits, one for each address
  static constexpr uint32_t kMarkReach = 1000;
  static constexpr uint32_t kGapMax = 64;

  void forget(uint32_t begin, uint32_t end);

  uint32_t passed_until_ = 0;
  uint8_t marks_[kMarkBytes] = {};
};

// The unit at a place in a segment of code; `bytes` as read_data_unit() needs it.
Unit read_xtensa_unit(const ImageMap& map, const ImageBytes& bytes, const UnitPlace& place,
                      XtensaWalk& walk);

bool move_xtensa_unit(const UnitMove& move, uint8_t* out);
bool find_xtensa_target(const UnitMove& move, const uint8_t* new_bytes, uint32_t* target);

}  // namespace otter
