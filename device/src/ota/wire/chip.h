// The chips of the ESP32 family: their id in an image and their name. Pure, any thread.
#pragma once

#include "ota/wire/error.h"

namespace otter {

// Source: esp_chip_id_t, ESP-IDF v5.5 components/bootloader_support/include/esp_app_format.h
using ChipId = uint16_t;
constexpr ChipId kChipUnknown = 0xFFFF;

struct Chip {
  ChipId id;
  const char* name;            // as in CONFIG_IDF_TARGET: "esp32c3"
  bool is_riscv;               // else Xtensa
  uint32_t bootloader_offset;  // [bytes from the start of flash]
};

// nullptr if there is none such.
const Chip* find_chip(ChipId id);
const Chip* find_chip(Text name);
// "unknown" if there is none such.
Text chip_name(ChipId id);

// All known chips; *count of them.
const Chip* all_chips(size_t* count);

}  // namespace otter
