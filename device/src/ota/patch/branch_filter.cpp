#include "ota/patch/branch_filter.h"

#include "ota/patch/unit.h"

namespace otter {
namespace {

// A piece of code in a block: instructions at `at` of the file.
struct Piece {
  uint8_t* bytes;
  uint32_t size;
  uint32_t at;
  bool to_absolute;
};

uint32_t turned(uint32_t value, uint32_t origin, bool to_absolute) {
  return to_absolute ? value + origin : value - origin;
}

// Filtered fields are kept with the highest byte first: that one varies least.
void store_be(uint8_t* p, uint32_t value, uint32_t size) {
  for (uint32_t i = 0; i < size; ++i) p[i] = static_cast<uint8_t>(value >> (8 * (size - 1 - i)));
}
uint32_t load_be(const uint8_t* p, uint32_t size) {
  uint32_t value = 0;
  for (uint32_t i = 0; i < size; ++i) value = value << 8 | p[i];
  return value;
}

// call0 to call12: 18 bits, in words from the word behind the instruction's.
void convert_call(const Piece& piece, uint32_t i) {
  uint8_t* p = piece.bytes + i;
  const uint32_t origin = ((piece.at + i) >> 2) + 1;
  const uint32_t kept = p[0] & 0x3Fu;
  const uint32_t field =
      piece.to_absolute ? load_le24(p) >> 6 : (p[0] >> 6 & 3u) << 16 | load_be(p + 1, 2);
  const uint32_t value = turned(field, origin, piece.to_absolute) & 0x3FFFF;
  if (piece.to_absolute) {
    p[0] = static_cast<uint8_t>(kept | value >> 16 << 6);
    store_be(p + 1, value & 0xFFFF, 2);
  } else {
    store_le24(p, kept | value << 6);
  }
}

// l32r: 16 bits, in words before the instruction's end.
void convert_literal_load(const Piece& piece, uint32_t i) {
  uint8_t* p = piece.bytes + i + 1;
  const uint32_t origin = (piece.at + i + 3) >> 2;
  const uint32_t field = piece.to_absolute ? load_le16(p) : load_be(p, 2);
  const uint32_t value = turned(field, origin, piece.to_absolute) & 0xFFFF;
  if (piece.to_absolute) {
    store_be(p, value, 2);
  } else {
    store_le16(p, static_cast<uint16_t>(value));
  }
}

// What is changed leaves the size of the instruction, and which it is, to be seen.
void convert_xtensa(const Piece& piece, uint32_t wide_size) {
  for (uint32_t i = 0; i + 3 <= piece.size;) {
    const uint32_t opcode = piece.bytes[i] & 15u;
    if (opcode == 5) convert_call(piece, i);
    if (opcode == 1) convert_literal_load(piece, i);
    i += opcode >= 14 ? wide_size : opcode >= 8 ? 2 : 3;
  }
}

constexpr uint32_t kAuipc = 0x17;
constexpr uint32_t kJal = 0x6F;

// jal: 20 bits in half-words, in the order of the immediate once it is absolute.
void convert_jal(const Piece& piece, uint32_t i) {
  uint8_t* p = piece.bytes + i;
  const uint32_t origin = (piece.at + i) >> 1;
  const uint32_t word = load_le32(p);
  if (piece.to_absolute) {
    const uint32_t field = (word >> 31) << 19 | (word >> 21 & 0x3FF) | (word >> 20 & 1) << 10 |
                           (word >> 12 & 0xFF) << 11;
    const uint32_t value = turned(field, origin, true) & 0xFFFFF;
    store_le16(p, static_cast<uint16_t>((word & 0xFFF) | value >> 16 << 12));
    store_be(p + 2, value & 0xFFFF, 2);
  } else {
    const uint32_t field = (word >> 12 & 15) << 16 | load_be(p + 2, 2);
    const uint32_t value = turned(field, origin, false) & 0xFFFFF;
    store_le32(p, (word & 0xFFF) | (value >> 19 & 1) << 31 | (value & 0x3FF) << 21 |
                      (value >> 10 & 1) << 20 | (value >> 11 & 0xFF) << 12);
  }
}

// True if the lower 20 bits of an instruction add twelve bits to register `name`: addi, a load,
// jalr.
bool uses_register(uint32_t lower, uint32_t name) {
  const uint32_t opcode = lower & 0x7F;
  return name != 0 && (lower >> 15 & 31) == name &&
         (opcode == 0x13 || opcode == 0x03 || opcode == 0x67);
}

// auipc and what uses its register: the lower part of the second instruction moves into the first,
// the second becomes the address. What looks converted and isn't can't be told apart: an encoder
// makes such a block an exception. True if it was converted.
bool convert_pair(const Piece& piece, uint32_t i) {
  uint8_t* p = piece.bytes + i;
  const uint32_t first = load_le32(p);
  const uint32_t name = first >> 7 & 31;
  const uint32_t origin = piece.at + i;
  if (piece.to_absolute) {
    const uint32_t second = load_le32(p + 4);
    if (!uses_register(second & 0xFFFFF, name)) return false;
    const uint32_t distance = (first & 0xFFFFF000u) + sign_extended(second >> 20, 12);
    store_le32(p, (first & 0xFFF) | second << 12);
    store_be(p + 4, origin + distance, 4);
  } else {
    if (!uses_register(first >> 12, name)) return false;
    const uint32_t distance = load_be(p + 4, 4) - origin;
    store_le32(p, (first & 0xFFF) | ((distance + 0x800) & 0xFFFFF000u));
    store_le32(p + 4, first >> 12 | distance << 20);
  }
  return true;
}

void convert_riscv(const Piece& piece) {
  for (uint32_t i = 0; i + 4 <= piece.size;) {
    const uint32_t opcode = piece.bytes[i] & 0x7Fu;
    if ((opcode & 3) != 3) {
      i += 2;
      continue;
    }
    if (opcode == kJal) convert_jal(piece, i);
    const bool is_pair = opcode == kAuipc && i + 8 <= piece.size && convert_pair(piece, i);
    i += is_pair ? 8 : 4;
  }
}

}  // namespace

void BranchFilter::convert(uint32_t block, MutableBytes bytes, bool to_absolute) const {
  for (uint32_t i = 0; i < exception_count_; ++i) {
    if (exceptions_[i] == block) return;
  }
  const uint32_t block_begin = block * kFilterBlockSize;
  const uint32_t block_end = block_begin + static_cast<uint32_t>(bytes.size);
  for (uint32_t i = 0; i < range_count_; ++i) {
    const uint32_t begin = ranges_[i].begin > block_begin ? ranges_[i].begin : block_begin;
    const uint32_t end = ranges_[i].end < block_end ? ranges_[i].end : block_end;
    if (begin >= end) continue;
    const Piece piece{bytes.data + (begin - block_begin), end - begin, begin, to_absolute};
    switch (kind) {
      case BranchFilterKind::none:
        break;
      case BranchFilterKind::xtensa:
        convert_xtensa(piece, 3);
        break;
      case BranchFilterKind::xtensa_wide:
        convert_xtensa(piece, 4);
        break;
      case BranchFilterKind::riscv:
        convert_riscv(piece);
        break;
    }
  }
}

void BranchFilter::write(Appender& out) const {
  out.u8(static_cast<uint8_t>(kind));
  out.u8(static_cast<uint8_t>(range_count_));
  out.u8(static_cast<uint8_t>(exception_count_));
  for (uint32_t i = 0; i < range_count_; ++i) {
    const uint32_t places[] = {ranges_[i].begin, ranges_[i].end};
    for (const uint32_t place : places) {
      out.le16(static_cast<uint16_t>(place));
      out.u8(static_cast<uint8_t>(place >> 16));
    }
  }
  for (uint32_t i = 0; i < exception_count_; ++i) out.le16(static_cast<uint16_t>(exceptions_[i]));
}

size_t BranchFilter::encoded_size(const uint8_t* first) {
  const bool is_known = first[0] <= static_cast<uint8_t>(BranchFilterKind::riscv) &&
                        first[1] <= kFilterRangesMax && first[2] <= kFilterExceptionsMax;
  return is_known ? size_t{3} + 6 * size_t{first[1]} + 2 * size_t{first[2]} : 0;
}

Error BranchFilter::read(Bytes encoded) {
  *this = BranchFilter();
  if (encoded.size < 3 || encoded_size(encoded.data) != encoded.size) return Error::malformed;
  kind = static_cast<BranchFilterKind>(encoded.data[0]);
  const uint8_t* p = encoded.data + 3;
  for (uint32_t i = 0; i < encoded.data[1]; ++i, p += 6) add_range(load_le24(p), load_le24(p + 3));
  for (uint32_t i = 0; i < encoded.data[2]; ++i, p += 2) add_exception(load_le16(p));
  return Error::ok;
}

}  // namespace otter
