#include "ota/patch/riscv_unit.h"

namespace otter {
namespace {

constexpr uint32_t kLookAheadMax = 24;  // instructions from an upper part to what uses it
constexpr uint32_t kGlobalPointer = 3;  // the register's number

// Opcodes of 32 bits.
constexpr uint32_t kLoad = 0x03;
constexpr uint32_t kLoadFloat = 0x07;
constexpr uint32_t kImmediate = 0x13;
constexpr uint32_t kAuipc = 0x17;
constexpr uint32_t kStore = 0x23;
constexpr uint32_t kStoreFloat = 0x27;
constexpr uint32_t kAtomic = 0x2F;
constexpr uint32_t kRegister = 0x33;
constexpr uint32_t kLui = 0x37;
constexpr uint32_t kBranch = 0x63;
constexpr uint32_t kJalr = 0x67;
constexpr uint32_t kJal = 0x6F;
constexpr uint32_t kSystem = 0x73;

// A piece of an immediate: `count` bits at `in_word` of the instruction are those at `in_value`.
struct BitPiece {
  uint8_t in_word;
  uint8_t in_value;
  uint8_t count;
};

constexpr BitPiece kCompactJumpBits[] = {{12, 11, 1}, {11, 4, 1}, {9, 8, 2}, {8, 10, 1},
                                         {7, 6, 1},   {6, 7, 1},  {3, 1, 3}, {2, 5, 1}};
constexpr BitPiece kCompactBranchBits[] = {{12, 8, 1}, {10, 3, 2}, {5, 6, 2}, {3, 1, 2}, {2, 5, 1}};
constexpr BitPiece kCompactLoadBits[] = {{10, 3, 3}, {6, 2, 1}, {5, 6, 1}};
constexpr BitPiece kJalBits[] = {{31, 20, 1}, {21, 1, 10}, {20, 11, 1}, {12, 12, 8}};
constexpr BitPiece kBranchBits[] = {{31, 12, 1}, {25, 5, 6}, {8, 1, 4}, {7, 11, 1}};
constexpr BitPiece kStoreBits[] = {{25, 5, 7}, {7, 0, 5}};
constexpr BitPiece kImmediateBits[] = {{20, 0, 12}};

// How an instruction holds an immediate.
struct Immediate {
  template <size_t N>
  constexpr Immediate(const BitPiece (&pieces_in)[N], uint8_t sign_bits_in)
      : pieces(pieces_in), count(N), sign_bits(sign_bits_in) {}

  uint32_t read(uint32_t word) const {
    uint32_t value = 0;
    for (size_t i = 0; i < count; ++i) {
      value |= (word >> pieces[i].in_word & mask(pieces[i])) << pieces[i].in_value;
    }
    return sign_bits == 0 ? value : sign_extended(value, sign_bits);
  }
  uint32_t write(uint32_t word, uint32_t value) const {
    for (size_t i = 0; i < count; ++i) {
      const BitPiece& piece = pieces[i];
      word &= ~(mask(piece) << piece.in_word);
      word |= (value >> piece.in_value & mask(piece)) << piece.in_word;
    }
    return word;
  }
  // What is written is what is read again.
  bool fits(uint32_t value) const { return read(write(0, value)) == value; }

  static uint32_t mask(const BitPiece& piece) { return (1u << piece.count) - 1; }

  const BitPiece* pieces;
  size_t count;
  uint8_t sign_bits;  // 0: it has no sign
};

constexpr Immediate kCompactJumpOffset(kCompactJumpBits, 12);
constexpr Immediate kCompactBranchOffset(kCompactBranchBits, 9);
constexpr Immediate kCompactLoadOffset(kCompactLoadBits, 0);
constexpr Immediate kJalOffset(kJalBits, 21);
constexpr Immediate kBranchOffset(kBranchBits, 13);
constexpr Immediate kStoreOffset(kStoreBits, 12);
constexpr Immediate kLowPart(kImmediateBits, 12);

struct Fields {
  explicit Fields(uint32_t word_in)
      : word(word_in),
        opcode(word & 0x7F),
        function(word >> 12 & 7),
        to(word >> 7 & 31),
        from(word >> 15 & 31) {}

  bool is_store() const { return opcode == kStore || opcode == kStoreFloat; }
  // Adds twelve bits to `from`: addi, loads, jalr, stores.
  bool has_low_part() const {
    return (opcode == kImmediate && function == 0) || opcode == kLoad || opcode == kLoadFloat ||
           (opcode == kJalr && function == 0) || is_store();
  }
  const Immediate& low_part_form() const { return is_store() ? kStoreOffset : kLowPart; }
  uint32_t low_part() const { return low_part_form().read(word); }

  uint32_t word;
  uint32_t opcode;
  uint32_t function;
  uint32_t to;    // rd
  uint32_t from;  // rs1
};

struct CompactFields {
  explicit CompactFields(uint32_t half_in)
      : half(half_in), quadrant(half & 3), function(half >> 13), name(half >> 7 & 31) {}

  uint32_t second() const { return half >> 2 & 31; }           // rs2
  uint32_t short_to() const { return (half >> 2 & 7) + 8; }    // rd'
  uint32_t short_from() const { return (half >> 7 & 7) + 8; }  // rs1'

  bool is_load() const { return quadrant == 0 && (function == 2 || function == 0); }
  bool is_jump() const { return quadrant == 1 && function == 5; }
  bool is_jump_to_register() const {
    return quadrant == 2 && function == 4 && second() == 0 && name != 0;
  }
  // c.addi, c.li, c.lui, c.slli, c.lwsp: write to `name`.
  bool is_simple_write() const {
    return (quadrant == 1 && (function == 0 || function == 2 || function == 3)) ||
           (quadrant == 2 && (function == 0 || function == 2));
  }

  uint32_t half;
  uint32_t quadrant;
  uint32_t function;
  uint32_t name;  // rd or rs1
};

bool is_compact(uint32_t half) { return (half & 3) != 3; }

// True if a compact instruction ends the search for what uses `name`: it jumps or overwrites it.
bool ends_search(const CompactFields& fields, uint32_t name) {
  if (fields.is_jump() || fields.is_jump_to_register()) return true;
  const bool writes = fields.is_simple_write() || (fields.quadrant == 2 && fields.function == 4);
  if (writes) return fields.name == name;
  return fields.is_load() && fields.short_to() == name;
}

bool overwrites(const Fields& fields, uint32_t name) {
  if (fields.opcode == kJal && fields.to == 0) return true;
  switch (fields.opcode) {
    case kImmediate:
    case kLoad:
    case kRegister:
    case kLui:
    case kAuipc:
    case kJalr:
    case kJal:
    case kSystem:
      return fields.to == name;
    default:
      return false;
  }
}

// The low part that belongs to an upper part in register `name`, if one follows soon.
bool find_low_part(const ImageBytes& bytes, const UnitPlace& place, uint32_t name, uint32_t* low) {
  const uint32_t end = place.segment->end();
  uint32_t at = place.offset + 4;
  for (uint32_t i = 0; i < kLookAheadMax && at + 2 <= end; ++i) {
    const uint8_t* p = bytes.at(at);
    const uint32_t half = load_le16(p);
    if (is_compact(half)) {
      if (ends_search(CompactFields(half), name)) return false;
      at += 2;
      continue;
    }
    if (at + 4 > end) return false;
    const Fields fields(load_le32(p));
    if (fields.has_low_part() && fields.from == name) {
      *low = fields.low_part();
      return true;
    }
    if (overwrites(fields, name)) return false;
    at += 4;
  }
  return false;
}

void set_target(Unit* unit, UnitKind kind, uint32_t target) {
  unit->kind = kind;
  unit->has_target = true;
  unit->target = target;
}

void follow_compact(const CompactFields& fields, RegisterTracker& registers, Unit* unit) {
  if (fields.quadrant == 0 && (fields.function == 2 || fields.function == 6)) {  // c.lw, c.sw
    const uint32_t base = fields.short_from();
    if (registers.knows(base)) {
      set_target(unit, UnitKind::compact_low_part,
                 registers.old_value(base) + kCompactLoadOffset.read(fields.half));
      registers.set_new_base(registers.new_value(base));
    }
    if (fields.function == 2) registers.forget(fields.short_to());
    return;
  }
  const bool is_register = fields.quadrant == 2 && fields.function == 4 && fields.second() != 0;
  if (is_register && (fields.half >> 12 & 1) == 0 && fields.name != 0) {  // c.mv
    registers.copy(fields.name, fields.second());
  } else if (fields.is_simple_write() || is_register) {
    registers.forget(fields.name);
  } else if (fields.quadrant == 1 && fields.function == 4) {
    registers.forget(fields.short_from());
  }
}

Unit read_compact(uint32_t half, uint32_t address, RegisterTracker& registers) {
  const CompactFields fields(half);
  Unit unit;
  unit.size = 2;
  unit.kind = UnitKind::instruction_2;
  if (fields.quadrant == 1 && (fields.function == 5 || fields.function == 1)) {
    set_target(&unit, UnitKind::compact_jump, address + kCompactJumpOffset.read(half));
  } else if (fields.quadrant == 1 && fields.function >= 6) {
    set_target(&unit, UnitKind::riscv_branch, address + kCompactBranchOffset.read(half));
  }
  follow_compact(fields, registers, &unit);
  return unit;
}

Unit read_upper_part(const ImageMap& map, const ImageBytes& bytes, const UnitPlace& place,
                     RegisterTracker& registers) {
  const Fields fields(load_le32(bytes.at(place.offset)));
  const bool is_relative = fields.opcode == kAuipc;
  const uint32_t base = (fields.word & 0xFFFFF000u) + (is_relative ? place.address : 0);
  Unit unit;
  unit.size = 4;
  unit.kind = is_relative ? UnitKind::auipc : UnitKind::lui;
  uint32_t low = 0;
  if (find_low_part(bytes, place, fields.to, &low)) {
    unit.target = base + low;
    unit.has_target = is_relative || map.is_pointer(unit.target);
  }
  registers.expect(fields.to, base);
  return unit;
}

bool writes_register(uint32_t opcode) {
  return opcode == kImmediate || opcode == kLoad || opcode == kRegister || opcode == kJalr ||
         opcode == kJal || opcode == kSystem || opcode == kAtomic;
}

}  // namespace

void RegisterTracker::copy(uint32_t to, uint32_t from) {
  if (!knows(from)) return forget(to);
  known_ |= 1u << to;
  old_values_[to] = old_values_[from];
  new_values_[to] = new_values_[from];
}

void RegisterTracker::expect(uint32_t name, uint32_t value) {
  if (name == 0) return;
  known_ |= 1u << name;
  old_values_[name] = value;
  pending_ = name;
}

void RegisterTracker::finish(const uint8_t* old_bytes, const uint8_t* new_bytes,
                             uint32_t new_address) {
  if (pending_ == 0) return;
  const uint32_t name = pending_;
  pending_ = 0;
  const Fields fields(load_le32(new_bytes));
  if (fields.opcode != (old_bytes[0] & 0x7Fu) || fields.to != name) return forget(name);
  if (fields.opcode == kLui) {
    new_values_[name] = fields.word & 0xFFFFF000u;
  } else if (fields.opcode == kAuipc) {
    new_values_[name] = (fields.word & 0xFFFFF000u) + new_address;
  } else {
    new_values_[name] = new_base_ + fields.low_part();
  }
}

void RegisterTracker::drop_expected() {
  if (pending_ != 0) forget(pending_);
  pending_ = 0;
}

Unit read_riscv_unit(const ImageMap& map, const ImageBytes& bytes, const UnitPlace& place,
                     RegisterTracker& registers, uint32_t new_global_pointer) {
  Unit unit;
  const uint32_t left = place.left();
  if (left < 2) return unit;
  const uint8_t* at = bytes.at(place.offset);
  const uint32_t half = load_le16(at);
  if (is_compact(half)) return read_compact(half, place.address, registers);
  unit.size = 2;
  if (left < 4) return unit;

  const Fields fields(load_le32(at));
  if (fields.opcode == kLui || fields.opcode == kAuipc) {
    return read_upper_part(map, bytes, place, registers);
  }
  unit.size = 4;
  unit.kind = UnitKind::instruction_4;
  if (fields.opcode == kJal) {
    set_target(&unit, UnitKind::jal, place.address + kJalOffset.read(fields.word));
  } else if (fields.opcode == kBranch) {
    set_target(&unit, UnitKind::riscv_branch, place.address + kBranchOffset.read(fields.word));
  } else if (fields.has_low_part() && fields.from != 0 && registers.knows(fields.from)) {
    set_target(&unit, UnitKind::low_part, registers.old_value(fields.from) + fields.low_part());
    registers.set_new_base(registers.new_value(fields.from));
  } else if (fields.has_low_part() && fields.from == kGlobalPointer && map.global_pointer != 0) {
    set_target(&unit, UnitKind::low_part, map.global_pointer + fields.low_part());
    registers.set_new_base(new_global_pointer);
  }
  const bool makes_address = unit.kind == UnitKind::low_part && fields.opcode == kImmediate &&
                             fields.to != 0 && fields.to != kGlobalPointer;
  if (makes_address) {
    registers.expect(fields.to, unit.target);
  } else if (writes_register(fields.opcode) && fields.to != 0) {
    registers.forget(fields.to);
  }
  return unit;
}

bool move_riscv_unit(const UnitMove& move, uint8_t* out) {
  const uint32_t word = move.unit.size == 2 ? load_le16(move.old_bytes) : load_le32(move.old_bytes);
  const uint32_t distance = move.new_target - move.new_address;
  uint32_t value = distance;
  const Immediate* form = nullptr;
  switch (move.unit.kind) {
    case UnitKind::jal:
      form = &kJalOffset;
      break;
    case UnitKind::riscv_branch:
      form = move.unit.size == 2 ? &kCompactBranchOffset : &kBranchOffset;
      break;
    case UnitKind::compact_jump:
      form = &kCompactJumpOffset;
      break;
    case UnitKind::compact_low_part:
      form = &kCompactLoadOffset;
      value = move.new_target - move.new_base;
      break;
    case UnitKind::low_part:
      form = &Fields(word).low_part_form();
      value = move.new_target - move.new_base;
      break;
    case UnitKind::lui:
      value = move.new_target;
      break;
    case UnitKind::auipc:
      break;
    default:
      return false;
  }
  if (form != nullptr && !form->fits(value)) return false;
  const uint32_t moved =
      form != nullptr ? form->write(word, value) : (word & 0xFFF) | ((value + 0x800) & 0xFFFFF000u);
  store_le16(out, static_cast<uint16_t>(moved));
  if (move.unit.size == 4) store_le16(out + 2, static_cast<uint16_t>(moved >> 16));
  return true;
}

bool find_riscv_target(const UnitMove& move, const uint8_t* new_bytes, uint32_t* target) {
  const uint32_t opcode = new_bytes[0] & 0x7Fu;
  if (move.unit.kind == UnitKind::jal) {
    *target = move.new_address + kJalOffset.read(load_le32(new_bytes));
    return opcode == kJal;
  }
  if (move.unit.kind != UnitKind::low_part) return false;
  *target = move.new_base + Fields(load_le32(new_bytes)).low_part();
  return opcode == (move.old_bytes[0] & 0x7Fu);
}

}  // namespace otter
