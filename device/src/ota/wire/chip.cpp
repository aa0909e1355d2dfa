#include "ota/wire/chip.h"

namespace otter {
namespace {

// Bootloader offsets: BOOTLOADER_OFFSET_IN_FLASH, components/bootloader/Kconfig.projbuild of
// ESP-IDF v5.5.5 and v6.0.2; v5.1.4 says the same of the chips that it knows.
constexpr Chip kChips[] = {
    {0x0000, "esp32", false, 0x1000}, {0x0002, "esp32s2", false, 0x1000},
    {0x0005, "esp32c3", true, 0x0},   {0x0009, "esp32s3", false, 0x0},
    {0x000C, "esp32c2", true, 0x0},   {0x000D, "esp32c6", true, 0x0},
    {0x0010, "esp32h2", true, 0x0},   {0x0012, "esp32p4", true, 0x2000},
    {0x0014, "esp32c61", true, 0x0},  {0x0017, "esp32c5", true, 0x2000},
    {0x0019, "esp32h21", true, 0x0},  {0x001C, "esp32h4", true, 0x2000},
};

}  // namespace

const Chip* find_chip(ChipId id) {
  for (const Chip& chip : kChips) {
    if (chip.id == id) return &chip;
  }
  return nullptr;
}

const Chip* find_chip(Text name) {
  for (const Chip& chip : kChips) {
    if (Text(chip.name) == name) return &chip;
  }
  return nullptr;
}

Text chip_name(ChipId id) {
  const Chip* chip = find_chip(id);
  return chip != nullptr ? Text(chip->name) : Text("unknown");
}

const Chip* all_chips(size_t* count) {
  *count = sizeof(kChips) / sizeof(kChips[0]);
  return kChips;
}

}  // namespace otter
