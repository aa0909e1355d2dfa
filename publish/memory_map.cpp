#include "publish/memory_map.h"

#include <initializer_list>

namespace otter {
namespace {

constexpr uint32_t kPaddingEnd = 0x10000;

struct ChipMemory {
  ChipId chip;
  MemoryRange ranges[7];
};

// The first match counts. Source: esptool v5.3.1 esptool/targets/*.py (MEMORY_MAP, IROM_MAP_*,
// DROM_MAP_*); ESP32-P4's tightly coupled memory: ESP-IDF v5.5 components/soc/esp32p4 soc.h.
constexpr ChipMemory kChipMemories[] = {
    {0x0000,
     {{MemoryKind::drom, 0x3F400000, 0x3F800000},
      {MemoryKind::rtc, 0x3FF80000, 0x3FF82000},
      {MemoryKind::dram, 0x3FFAE000, 0x40000000},
      {MemoryKind::iram, 0x40070000, 0x400C0000},
      {MemoryKind::rtc, 0x400C0000, 0x400C2000},
      {MemoryKind::irom, 0x400D0000, 0x40400000},
      {MemoryKind::rtc, 0x50000000, 0x50002000}}},
    {0x0002,
     {{MemoryKind::drom, 0x3F000000, 0x3F3F0000},
      {MemoryKind::rtc, 0x3FF9E000, 0x3FFA0000},
      {MemoryKind::dram, 0x3FFB0000, 0x40000000},
      {MemoryKind::iram, 0x40020000, 0x40070000},
      {MemoryKind::rtc, 0x40070000, 0x40072000},
      {MemoryKind::irom, 0x40080000, 0x40B80000},
      {MemoryKind::rtc, 0x50000000, 0x50002000}}},
    {0x0005,
     {{MemoryKind::drom, 0x3C000000, 0x3C800000},
      {MemoryKind::dram, 0x3FC80000, 0x3FCE0000},
      {MemoryKind::iram, 0x4037C000, 0x403E0000},
      {MemoryKind::irom, 0x42000000, 0x42800000},
      {MemoryKind::rtc, 0x50000000, 0x50002000}}},
    {0x0009,
     {{MemoryKind::drom, 0x3C000000, 0x3E000000},
      {MemoryKind::dram, 0x3FC88000, 0x3FD00000},
      {MemoryKind::iram, 0x40370000, 0x403E0000},
      {MemoryKind::irom, 0x42000000, 0x44000000},
      {MemoryKind::rtc, 0x50000000, 0x50002000},
      {MemoryKind::rtc, 0x600FE000, 0x60100000}}},
    {0x000C,
     {{MemoryKind::drom, 0x3C000000, 0x3C400000},
      {MemoryKind::dram, 0x3FCA0000, 0x3FCE0000},
      {MemoryKind::iram, 0x4037C000, 0x403C0000},
      {MemoryKind::irom, 0x42000000, 0x42400000}}},
    {0x000D,
     {{MemoryKind::ram, 0x40800000, 0x40880000},
      {MemoryKind::flash, 0x42000000, 0x43000000},
      {MemoryKind::rtc, 0x50000000, 0x50004000}}},
    {0x0010,
     {{MemoryKind::ram, 0x40800000, 0x40880000},
      {MemoryKind::flash, 0x42000000, 0x43000000},
      {MemoryKind::rtc, 0x50000000, 0x50004000}}},
    {0x0012,
     {{MemoryKind::ram, 0x4FF00000, 0x4FFC0000},
      {MemoryKind::flash, 0x40000000, 0x4C000000},
      {MemoryKind::ram, 0x30100000, 0x30102000},
      {MemoryKind::rtc, 0x50108000, 0x50110000}}},
    {0x0014,
     {{MemoryKind::ram, 0x40800000, 0x40860000},
      {MemoryKind::flash, 0x42000000, 0x44000000},
      {MemoryKind::rtc, 0x50000000, 0x50004000}}},
    {0x0017,
     {{MemoryKind::ram, 0x40800000, 0x40860000},
      {MemoryKind::flash, 0x42000000, 0x44000000},
      {MemoryKind::rtc, 0x50000000, 0x50004000}}},
    {0x0019,
     {{MemoryKind::ram, 0x40800000, 0x40880000},
      {MemoryKind::flash, 0x42000000, 0x43000000},
      {MemoryKind::rtc, 0x50000000, 0x50004000}}},
    {0x001C,
     {{MemoryKind::ram, 0x40810000, 0x40860000},
      {MemoryKind::flash, 0x42000000, 0x44000000},
      {MemoryKind::rtc, 0x50000000, 0x50004000}}},
};

const ChipMemory* memory_of(ChipId chip) {
  for (const ChipMemory& memory : kChipMemories) {
    if (memory.chip == chip) return &memory;
  }
  return nullptr;
}

// What a chip without a range of its own for `kind` has in its place.
MemoryKind shared_with(MemoryKind kind) {
  if (kind == MemoryKind::drom || kind == MemoryKind::irom) return MemoryKind::flash;
  if (kind == MemoryKind::dram || kind == MemoryKind::iram) return MemoryKind::ram;
  return kind;
}

}  // namespace

Text name(MemoryKind kind) {
  switch (kind) {
    case MemoryKind::padding:
      return "padding";
    case MemoryKind::drom:
      return "drom";
    case MemoryKind::irom:
      return "irom";
    case MemoryKind::flash:
      return "flash";
    case MemoryKind::dram:
      return "dram";
    case MemoryKind::iram:
      return "iram";
    case MemoryKind::ram:
      return "ram";
    case MemoryKind::rtc:
      return "rtc";
    case MemoryKind::unknown:
      break;
  }
  return "unknown";
}

bool is_mapped(MemoryKind kind) {
  return kind == MemoryKind::drom || kind == MemoryKind::irom || kind == MemoryKind::flash;
}

MemoryRange find_memory(ChipId chip, uint32_t address) {
  const ChipMemory* memory = memory_of(chip);
  if (memory == nullptr) return {};
  if (address < kPaddingEnd) return {MemoryKind::padding, 0, kPaddingEnd};
  for (const MemoryRange& range : memory->ranges) {
    if (address >= range.begin && address < range.end) return range;
  }
  return {};
}

MemoryRange memory_for(ChipId chip, MemoryKind kind) {
  const ChipMemory* memory = memory_of(chip);
  if (memory == nullptr) return {};
  for (const MemoryKind wanted : {kind, shared_with(kind)}) {
    for (const MemoryRange& range : memory->ranges) {
      if (range.kind == wanted && range.end > range.begin) return range;
    }
  }
  return {};
}

}  // namespace otter
