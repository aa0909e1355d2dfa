// What is burned into a virtual board's chip, outside of its flash: the file `board.bin.efuse`.
// docs/simulator.md. Any thread.
#pragma once

#include <string>

#include "ota/wire/chip.h"

namespace otter::sim {

struct ChipFacts {
  ChipId chip = kChipUnknown;
  uint16_t revision = 0;  // major * 100 + minor
};

// The file's name for the flash in `board`.
std::string efuse_path(const std::string& board);

// Both throw SimError if the file can't be written or read.
void write_chip_facts(const std::string& path, const ChipFacts& facts);
ChipFacts read_chip_facts(const std::string& path);

}  // namespace otter::sim
