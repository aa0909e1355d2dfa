#include "ota/patch/unit_walk.h"

namespace otter {
namespace {

bool is_of_data(UnitKind kind) {
  return kind <= UnitKind::pointer || kind == UnitKind::relative_word ||
         kind == UnitKind::entry_parent || kind == UnitKind::call_site_table;
}

}  // namespace

Unit UnitWalk::next(const ImageMap& map, const ImageBytes& bytes, const UnitPlace& place) {
  if (place.segment == nullptr) {
    Unit unit;
    unit.size = static_cast<uint8_t>(place.left() < 4 ? place.left() : 4);
    return unit;
  }
  if (!place.segment->is_code) return read_data_unit(map, bytes, place, is_xtensa_);
  if (is_xtensa_) return read_xtensa_unit(map, bytes, place, xtensa_);
  return read_riscv_unit(map, bytes, place, registers_, new_global_pointer_);
}

UnitMove UnitWalk::move_of(const Unit& unit, const uint8_t* old_bytes, uint32_t new_address) const {
  UnitMove move;
  move.unit = unit;
  move.old_bytes = old_bytes;
  move.new_address = new_address;
  move.new_base = registers_.new_base();
  move.is_xtensa = is_xtensa_;
  return move;
}

void UnitWalk::finish(const UnitMove& move, const uint8_t* new_bytes, bool is_placed) {
  if (is_xtensa_) return;
  if (is_placed) {
    registers_.finish(move.old_bytes, new_bytes, move.new_address);
  } else {
    registers_.drop_expected();
  }
}

bool move_unit(const UnitMove& move, uint8_t* out) {
  if (is_of_data(move.unit.kind)) return move_data_unit(move, out);
  return move.is_xtensa ? move_xtensa_unit(move, out) : move_riscv_unit(move, out);
}

bool find_target(const UnitMove& move, const uint8_t* new_bytes, uint32_t* target) {
  if (is_of_data(move.unit.kind)) return find_data_target(move, new_bytes, target);
  return move.is_xtensa ? find_xtensa_target(move, new_bytes, target)
                        : find_riscv_target(move, new_bytes, target);
}

}  // namespace otter
