#include "publish/normal_form.h"

#include "ota/patch/byte_model.h"

namespace otter {
namespace {

constexpr uint32_t kAnyAddress = 0x5A5A5A5A;

uint32_t xtensa_branch_bits(const Unit& unit, const uint8_t* bytes) {
  if (unit.size == 2) return 0xF030;
  return (bytes[0] & 0x3F) == 0x16 ? 0xFFF000 : 0xFF0000;  // beqz ... reach further
}

bool is_store(const uint8_t* bytes) {
  return (bytes[0] & 0x7F) == 0x23 || (bytes[0] & 0x7F) == 0x27;
}

// The bits of a unit that hold its target.
uint32_t target_bits(const Unit& unit, const uint8_t* bytes) {
  switch (unit.kind) {
    case UnitKind::pointer:
    case UnitKind::relative_word:
    case UnitKind::entry_parent:
      return 0xFFFFFFFF;
    case UnitKind::call_site_table:
      return 0xFFFFFF00;
    case UnitKind::call:
    case UnitKind::jump:
      return 0xFFFFC0;
    case UnitKind::literal_load:
      return 0xFFFF00;
    case UnitKind::branch:
      return xtensa_branch_bits(unit, bytes);
    case UnitKind::jal:
    case UnitKind::lui:
    case UnitKind::auipc:
      return 0xFFFFF000;
    case UnitKind::low_part:
      return is_store(bytes) ? 0xFE000F80 : 0xFFF00000;
    case UnitKind::riscv_branch:
      return unit.size == 2 ? 0x1C7C : 0xFE000F80;
    case UnitKind::compact_jump:
      return 0x1FFC;
    case UnitKind::compact_low_part:
      return 0x1C60;
    default:
      return 0;
  }
}

// Jumps within a function say how it is built: they stay as they are.
bool is_near(UnitKind kind) {
  return kind == UnitKind::branch || kind == UnitKind::jump || kind == UnitKind::riscv_branch ||
         kind == UnitKind::compact_jump;
}

void put_mark(const Unit& unit, uint32_t mark, uint8_t* bytes) {
  const uint32_t bits = target_bits(unit, bytes);
  for (uint32_t i = 0; i < unit.size && i < 4; ++i) {
    const uint32_t mask = bits >> (8 * i) & 255;
    bytes[i] = static_cast<uint8_t>((bytes[i] & ~mask) | (mark >> (8 * i) & mask));
  }
}

}  // namespace

std::vector<uint8_t> without_addresses(const PatchImage& image) {
  std::vector<uint8_t> normal(image.bytes.data, image.bytes.data + image.bytes.size);
  visit_units(image, [&](const UnitPlace& place, const Unit& unit) {
    if (!unit.has_target || is_near(unit.kind)) return;
    put_mark(unit, kAnyAddress, &normal[place.offset]);
  });
  return normal;
}

std::vector<uint8_t> with_labels(const PatchImage& image,
                                 const std::function<uint32_t(uint32_t)>& label) {
  std::vector<uint8_t> normal(image.bytes.data, image.bytes.data + image.bytes.size);
  visit_units(image, [&](const UnitPlace& place, const Unit& unit) {
    if (unit.has_target) put_mark(unit, hash32(label(unit.target)), &normal[place.offset]);
  });
  return normal;
}

}  // namespace otter
