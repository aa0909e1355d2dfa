// Makes core dumps as an ESP32's panic handler leaves them, for the simulator and for tests. Pure,
// any thread.
#pragma once

#include <string>
#include <vector>

#include "ota/wire/chip.h"

namespace otter {

// What to make; the same recipe gives the same bytes.
struct DumpRecipe {
  ChipId chip = kChipUnknown;
  std::string app_elf_sha256;  // hexadecimal
  std::string task = "main";
  uint32_t pc = 0x42000000;
  uint32_t caller = 0x42000010;
  std::string reason = {};
  uint32_t stack_size = 512;  // [bytes] of the task's, a multiple of 4
};

// As it lies in the partition, checksum included: what CoreDump::read() gives.
std::vector<uint8_t> make_core_dump(const DumpRecipe& recipe);

// The size of the whole dump that `front` begins with [bytes]; 0: it begins with none. ESP-IDF
// keeps it in the first word.
uint32_t core_dump_size(const std::vector<uint8_t>& front);
// Is it whole, as its checksum says?
bool is_whole_core_dump(const std::vector<uint8_t>& dump);

}  // namespace otter
