// The smallest step in which an image is carried over: an instruction, a pointer, an entry of an
// exception table, or a few plain bytes. Pure. docs/spec/patch.md, "Units".
#pragma once

#include "ota/wire/bytes.h"

namespace otter {

// The numbers are part of the format: models are chosen by them.
enum class UnitKind : uint8_t {
  plain = 0,
  word = 1,          // four bytes of data that are no pointer
  pointer = 2,       // an absolute address
  call = 3,          // Xtensa: call0, call4, call8, call12
  literal_load = 4,  // Xtensa: l32r
  jump = 5,          // Xtensa: j
  branch = 6,        // Xtensa: branches and loops
  jal = 7,           // RISC-V, as all below that have no other name
  auipc = 8,
  lui = 9,
  low_part = 10,       // the lower twelve bits of an address
  riscv_branch = 11,   // beq ..., c.beqz, c.bnez
  compact_jump = 12,   // c.j, c.jal
  instruction_2 = 13,  // of two bytes, and refers to nothing
  instruction_3 = 14,
  instruction_4 = 15,
  relative_word = 16,     // an address, relative to where it stands
  entry_parent = 18,      // .eh_frame: how far back the entry's common part begins
  call_site_table = 19,   // .eh_frame: the address of an LSDA, behind its length
  compact_low_part = 20,  // c.lw, c.sw
};
constexpr uint32_t kUnitKinds = 21;
constexpr uint32_t kUnitSizeMax = 5;  // [bytes]

struct Unit {
  UnitKind kind = UnitKind::plain;
  uint8_t size = 1;  // [bytes] 1..kUnitSizeMax
  bool has_target = false;
  uint32_t target = 0;  // the address that it refers to
};

// The bytes [begin, end) of an image.
struct ImageBytes {
  const uint8_t* data = nullptr;
  uint32_t begin = 0;
  uint32_t end = 0;

  const uint8_t* at(uint32_t offset) const { return data + (offset - begin); }
};

// [bytes] that reading a unit may look at before and behind its first byte.
constexpr uint32_t kUnitLookBehind = 8;
constexpr uint32_t kUnitLookAhead = 112;

inline uint32_t sign_extended(uint32_t value, uint32_t bit_count) {
  const uint32_t sign = 1u << (bit_count - 1);
  return ((value & ((sign << 1) - 1)) ^ sign) - sign;
}

// True if `value`, in two's complement, lies in [-2^(bit_count - 1), 2^(bit_count - 1)).
inline bool fits_signed(uint32_t value, uint32_t bit_count) {
  return sign_extended(value, bit_count) == value;
}

inline uint32_t load_le24(const uint8_t* p) {
  return static_cast<uint32_t>(p[0] | p[1] << 8 | p[2] << 16);
}
inline void store_le24(uint8_t* p, uint32_t value) {
  store_le16(p, static_cast<uint16_t>(value));
  p[2] = static_cast<uint8_t>(value >> 16);
}

}  // namespace otter
