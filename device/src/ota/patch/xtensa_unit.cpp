#include "ota/patch/xtensa_unit.h"

namespace otter {
namespace {

constexpr ChipId kEsp32S3 = 9;  // its vector instructions have four bytes
constexpr uint32_t kRomBegin = 0x40000000;
constexpr uint32_t kRomEnd = 0x40070000;

bool is_wide(uint32_t opcode) { return opcode >= 14; }
bool is_narrow(uint32_t opcode) { return opcode >= 8 && opcode < 14; }

uint32_t size_of(uint32_t opcode, uint32_t address, ChipId chip) {
  if (is_narrow(opcode)) return 2;
  if (!is_wide(opcode)) return 3;
  // No instruction of the other chips: up to where a literal may begin.
  return chip == kEsp32S3 ? 4 : 4 - (address & 3);
}

// `entry a1, ...`: a function begins.
bool is_entry(const uint8_t* p) { return p[0] == 0x36 && (p[1] & 15) == 1 && p[2] < 8; }

// ret, retw, jx and j; ret.n and retw.n: nothing goes on behind them.
bool ends_flow(uint32_t word, uint32_t size) {
  if (size == 2) return word == 0xF01D || word == 0xF00D;
  return word == 0x000090 || word == 0x000080 || (word & 0xFFF0FF) == 0x0000A0 ||
         (word & 0x3F) == 0x06;
}

// beqz.n and bnez.n
void read_narrow(uint32_t word, uint32_t address, Unit* unit) {
  unit->kind = UnitKind::instruction_2;
  if ((word & 0x8F) != 0x8C) return;
  unit->kind = UnitKind::branch;
  unit->has_target = true;
  unit->target = address + 4 + (word & 0x30) + (word >> 12 & 15);
}

void set_target(Unit* unit, UnitKind kind, uint32_t target) {
  unit->kind = kind;
  unit->has_target = true;
  unit->target = target;
}

// Opcode SI: j, beqz ..., beqi ..., loop ...
void read_jump_or_branch(uint32_t word, uint32_t address, Unit* unit) {
  const uint32_t n = word >> 4 & 3;
  const uint32_t m = word >> 6 & 3;
  const uint32_t next = address + 4;
  if (n == 0) return set_target(unit, UnitKind::jump, next + sign_extended(word >> 6, 18));
  if (n == 1) return set_target(unit, UnitKind::branch, next + sign_extended(word >> 12, 12));
  const uint32_t r = word >> 12 & 15;
  if (n == 2 || m >= 2 || (m == 1 && r <= 1)) {
    return set_target(unit, UnitKind::branch, next + sign_extended(word >> 16, 8));
  }
  if (m == 1 && r >= 8 && r <= 10) set_target(unit, UnitKind::branch, next + (word >> 16));
}

void read_three_bytes(uint32_t word, uint32_t address, Unit* unit) {
  unit->kind = UnitKind::instruction_3;
  switch (word & 15) {
    case 1:
      return set_target(unit, UnitKind::literal_load,
                        ((address + 3) & ~3u) + ((word >> 8 | 0xFFFF0000u) << 2));
    case 5:
      return set_target(unit, UnitKind::call,
                        (address & ~3u) + 4 + (sign_extended(word >> 6, 18) << 2));
    case 6:
      return read_jump_or_branch(word, address, unit);
    case 7:
      return set_target(unit, UnitKind::branch, address + 4 + sign_extended(word >> 16, 8));
    default:
      return;
  }
}

// A target outside of everything: these bytes are no such instruction.
bool leads_nowhere(const ImageMap& map, const UnitPlace& place, const Unit& unit) {
  const uint32_t begin = place.segment->address;
  if (unit.target >= begin && unit.target <= begin + place.segment->size) return false;
  if (map.at_address(unit.target) != nullptr) return false;
  return unit.kind != UnitKind::call || unit.target < kRomBegin || unit.target >= kRomEnd;
}

// [bytes] after which something else begins for sure; `size` if nothing does within it.
uint32_t size_until_known(const ImageMap& map, const ImageBytes& bytes, const UnitPlace& place,
                          uint32_t size, XtensaWalk& walk) {
  const uint32_t aligned = 4 - (place.address & 3);
  if (aligned < size && place.offset + aligned + 4 <= place.segment->end()) {
    const uint8_t* p = bytes.at(place.offset + aligned);
    if (map.is_pointer(load_le32(p)) || is_entry(p)) {
      walk.may_be_literal = true;
      return aligned;
    }
  }
  for (uint32_t i = 1; i < size; ++i) {
    if (!walk.is_marked(place.address + i)) continue;
    const uint32_t end = i < place.left() ? i : place.left();
    walk.pass(place.address, place.address + end);
    return i;
  }
  return size;
}

}  // namespace

void XtensaWalk::move_to(uint32_t address) {
  if (passed_until_ == address) return;
  if (passed_until_ < address && address - passed_until_ < kGapMax) {
    forget(passed_until_, address);
  } else {
    memset(marks_, 0, sizeof(marks_));
  }
  passed_until_ = address;
}

void XtensaWalk::pass(uint32_t address, uint32_t end) {
  forget(address, end);
  passed_until_ = end;
}

void XtensaWalk::mark(uint32_t address, uint32_t target) {
  if (target <= address || target >= address + kMarkReach) return;
  uint8_t& byte = marks_[target >> 3 & (kMarkBytes - 1)];
  byte = static_cast<uint8_t>(byte | 1 << (target & 7));
}

void XtensaWalk::forget(uint32_t begin, uint32_t end) {
  for (uint32_t at = begin; at != end; ++at) {
    uint8_t& byte = marks_[at >> 3 & (kMarkBytes - 1)];
    byte = static_cast<uint8_t>(byte & ~(1 << (at & 7)));
  }
}

Unit read_xtensa_unit(const ImageMap& map, const ImageBytes& bytes, const UnitPlace& place,
                      XtensaWalk& walk) {
  Unit unit;
  const uint8_t* at = bytes.at(place.offset);
  const uint32_t left = place.left();
  walk.might_be_literal = walk.may_be_literal;
  if ((place.address & 3) == 0 && left >= 4 && map.is_pointer(load_le32(at))) {
    unit = {UnitKind::pointer, 4, true, load_le32(at)};
    walk.may_be_literal = true;
    return unit;
  }
  walk.move_to(place.address);
  const uint32_t opcode = at[0] & 15;
  const uint32_t size = size_of(opcode, place.address, map.chip());
  const uint32_t known = size_until_known(map, bytes, place, size, walk);
  unit.size = static_cast<uint8_t>(known < left ? known : left);
  if (known < size || left < size) return unit;

  walk.pass(place.address, place.address + size);
  if (is_wide(opcode)) {
    walk.may_be_literal = true;
    unit.kind = UnitKind::instruction_4;
    return unit;
  }
  const uint32_t word = size == 2 ? load_le16(at) : load_le24(at);
  walk.may_be_literal = ends_flow(word, size);
  if (size == 2) {
    read_narrow(word, place.address, &unit);
  } else {
    read_three_bytes(word, place.address, &unit);
  }
  if (unit.kind == UnitKind::branch || unit.kind == UnitKind::jump) {
    walk.mark(place.address, unit.target);
  }
  if (size == 3 && unit.has_target && leads_nowhere(map, place, unit)) {
    unit.has_target = false;
    unit.kind = UnitKind::instruction_3;
  }
  return unit;
}

bool move_xtensa_unit(const UnitMove& move, uint8_t* out) {
  const uint32_t target = move.new_target;
  const uint32_t distance = target - (move.new_address + 4);
  memcpy(out, move.old_bytes, move.unit.size);
  if (move.unit.size == 2) {  // beqz.n, bnez.n
    if (distance > 63) return false;
    out[0] = static_cast<uint8_t>((out[0] & 0xCF) | (distance & 0x30));
    out[1] = static_cast<uint8_t>((out[1] & 0x0F) | (distance & 15) << 4);
    return true;
  }
  const uint32_t word = load_le24(move.old_bytes);
  switch (move.unit.kind) {
    case UnitKind::call: {
      const uint32_t offset = target - ((move.new_address & ~3u) + 4);
      if ((offset & 3) != 0 || !fits_signed(offset, 20)) return false;
      store_le24(out, (word & 0x3F) | (offset >> 2 & 0x3FFFF) << 6);
      return true;
    }
    case UnitKind::literal_load: {
      const uint32_t offset = target - ((move.new_address + 3) & ~3u);
      if ((offset & 3) != 0 || offset < 0xFFFC0000u) return false;
      store_le24(out, (word & 0xFF) | (offset >> 2 & 0xFFFF) << 8);
      return true;
    }
    case UnitKind::jump:
      if (!fits_signed(distance, 18)) return false;
      store_le24(out, (word & 0x3F) | (distance & 0x3FFFF) << 6);
      return true;
    case UnitKind::branch:
      break;
    default:
      return false;
  }
  const bool is_si = (word & 15) == 6;
  const uint32_t n = word >> 4 & 3;
  if (is_si && n == 1) {
    if (!fits_signed(distance, 12)) return false;
    store_le24(out, (word & 0xFFF) | (distance & 0xFFF) << 12);
    return true;
  }
  const bool is_loop = is_si && n == 3 && (word >> 6 & 3) == 1 && (word >> 12 & 15) >= 8;
  if (is_loop ? distance > 255 : !fits_signed(distance, 8)) return false;
  out[2] = static_cast<uint8_t>(distance);
  return true;
}

bool find_xtensa_target(const UnitMove& move, const uint8_t* new_bytes, uint32_t* target) {
  if (move.unit.size != 3) return false;
  const uint32_t word = load_le24(new_bytes);
  const uint32_t same = move.unit.kind == UnitKind::call           ? 0x3F
                        : move.unit.kind == UnitKind::literal_load ? 0x0F
                                                                   : 0;
  if (same == 0 || ((word ^ move.old_bytes[0]) & same) != 0) return false;
  Unit unit;
  read_three_bytes(word, move.new_address, &unit);
  *target = unit.target;
  return true;
}

}  // namespace otter
