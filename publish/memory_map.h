// Which memory of a chip an address lies in: what `otter image info` says of a segment, and which
// segments the bootloader maps from flash in place of copying. docs/spec/esp-image.md. Pure, any
// thread.
#pragma once

#include "ota/wire/chip.h"

namespace otter {

enum class MemoryKind : uint8_t {
  padding,  // below 0x10000: not loaded, only fills the file
  drom,     // data, mapped from flash
  irom,     // code, mapped from flash
  flash,    // either, on chips with one address range for both
  dram,
  iram,
  ram,  // either, on chips with one address range for both
  rtc,  // kept in deep sleep
  unknown,
};
// The enumerator's spelling.
Text name(MemoryKind kind);

// The bootloader maps such a segment page by page, so its place in the file must match its address.
bool is_mapped(MemoryKind kind);

struct MemoryRange {
  MemoryKind kind = MemoryKind::unknown;
  uint32_t begin = 0;
  uint32_t end = 0;  // exclusive
};

// The range of `chip` that `address` lies in; kind == unknown if there is none.
MemoryRange find_memory(ChipId chip, uint32_t address);

// The range that holds `kind` on `chip`, or the range shared with it: asked for drom, a chip with
// one range for data and code answers with its `flash`. kind == unknown if the chip has none.
MemoryRange memory_for(ChipId chip, MemoryKind kind);

}  // namespace otter
