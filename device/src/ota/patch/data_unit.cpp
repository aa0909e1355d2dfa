#include "ota/patch/data_unit.h"

namespace otter {
namespace {

constexpr uint32_t kAugmentationSize = 4;  // of an entry with an LSDA: its address
constexpr uint32_t kParentDistanceMax = 0x40000;
constexpr uint32_t kEntrySizeMin = 12;
constexpr uint32_t kEntrySizeMax = 0x400;

Unit target_unit(UnitKind kind, uint8_t size, uint32_t target) {
  return {kind, size, true, target};
}

// Xtensa's .eh_frame has absolute addresses, and is known by what stands around.
bool read_xtensa_frame(const ImageMap& map, const ImageBytes& bytes, const UnitPlace& place,
                       Unit* unit) {
  const uint8_t* at = bytes.at(place.offset);
  const uint32_t word = load_le32(at);
  const uint32_t before = place.offset - place.segment->offset;
  if ((word & 255) == kAugmentationSize && place.left() >= 5 && before >= 8 &&
      map.is_code_address(load_le32(at - 8))) {
    const uint32_t table = load_le32(at + 1);
    const MappedSegment* there = map.at_address(table);
    if (there != nullptr && !there->is_code) {
      *unit = target_unit(UnitKind::call_site_table, 5, table);
      return true;
    }
  }
  if (place.left() < 8 || before < 4 || word < 8 || word >= kParentDistanceMax || (word & 3) != 0 ||
      place.address - word < place.segment->address) {
    return false;
  }
  const uint32_t entry_size = load_le32(at - 4);
  if (!map.is_code_address(load_le32(at + 4)) || entry_size >= kEntrySizeMax ||
      entry_size < kEntrySizeMin || (entry_size & 3) != 0) {
    return false;
  }
  *unit = target_unit(UnitKind::entry_parent, 4, place.address - word);
  return true;
}

// RISC-V's .eh_frame has relative addresses; where it lies the payload says.
bool read_riscv_frame(const ImageMap& map, const ImageBytes& bytes, const UnitPlace& place,
                      Unit* unit) {
  const uint32_t address = place.address;
  const uint8_t* at = bytes.at(place.offset);
  const uint32_t word = load_le32(at);
  if (map.is_code_address(address + word)) {
    *unit = target_unit(UnitKind::relative_word, 4, address + word);
    return true;
  }
  if (place.left() >= 8 && word != 0 && address - word >= map.frames_begin - 64 &&
      address - word < address && map.is_code_address(address + 4 + load_le32(at + 4))) {
    *unit = target_unit(UnitKind::entry_parent, 4, address - word);
    return true;
  }
  if ((word & 255) != kAugmentationSize || place.left() < 5 ||
      place.offset - place.segment->offset < 8 ||
      !map.is_code_address(address - 8 + load_le32(at - 8))) {
    return false;
  }
  const uint32_t table = load_le32(at + 1);
  if (table == 0 || map.at_address(address + 1 + table) == nullptr) return false;
  *unit = target_unit(UnitKind::call_site_table, 5, address + 1 + table);
  return true;
}

}  // namespace

Unit read_data_unit(const ImageMap& map, const ImageBytes& bytes, const UnitPlace& place,
                    bool is_xtensa) {
  Unit unit;
  const uint32_t phase = place.address & 3;
  const uint32_t left = place.left();
  if (phase != 0 || left < 4) {
    const uint32_t size = phase != 0 && 4 - phase < left ? 4 - phase : left;
    unit.size = static_cast<uint8_t>(size);
    return unit;
  }
  if (is_xtensa && read_xtensa_frame(map, bytes, place, &unit)) return unit;
  if (map.is_in_frames(place.address) && read_riscv_frame(map, bytes, place, &unit)) return unit;
  const uint32_t word = load_le32(bytes.at(place.offset));
  if (map.is_pointer(word)) return target_unit(UnitKind::pointer, 4, word);
  unit.kind = UnitKind::word;
  unit.size = 4;
  return unit;
}

bool move_data_unit(const UnitMove& move, uint8_t* out) {
  const uint32_t target = move.new_target;
  memcpy(out, move.old_bytes, move.unit.size);
  switch (move.unit.kind) {
    case UnitKind::pointer:
      store_le32(out, target);
      return true;
    case UnitKind::relative_word:
      store_le32(out, target - move.new_address);
      return true;
    case UnitKind::entry_parent:
      store_le32(out, move.new_address - target);
      return true;
    case UnitKind::call_site_table:
      store_le32(out + 1, move.is_xtensa ? target : target - (move.new_address + 1));
      return true;
    default:
      return false;
  }
}

bool find_data_target(const UnitMove& move, const uint8_t* new_bytes, uint32_t* target) {
  switch (move.unit.kind) {
    case UnitKind::pointer:
      *target = load_le32(new_bytes);
      return true;
    case UnitKind::relative_word:
      *target = move.new_address + load_le32(new_bytes);
      return true;
    case UnitKind::entry_parent:
      *target = move.new_address - load_le32(new_bytes);
      return true;
    case UnitKind::call_site_table:
      *target = load_le32(new_bytes + 1) + (move.is_xtensa ? 0 : move.new_address + 1);
      return true;
    default:
      return false;
  }
}

}  // namespace otter
