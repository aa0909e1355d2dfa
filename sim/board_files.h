// What a virtual board is made of on disk: `board.bin`, its flash; `board.bin.efuse`, what is
// burned into its chip (sim/chip_facts.h); `board.bin.nvs`, its settings (sim/file_settings.h).
// docs/simulator.md. One
// caller at a time.
#pragma once

#include <string>

#include "ota/partition_table.h"
#include "sim/chip_facts.h"
#include "sim/nor_flash.h"

namespace otter::sim {

struct BoardSpec {
  ChipFacts chip;
  uint32_t flash_size_bytes = 4 * kMebibyte;
};

// nvs, otadata, the journal, two OTA slots as large as fit, a core dump partition; no factory.
//
// REQUIRES: is_flash_size(flash_size_bytes)
PartitionTable default_partitions(uint32_t flash_size_bytes);

// Writes what `esptool write_flash` would: the default table, and `firmware` into ota_0 (none: the
// slot stays erased). Throws SimError if the firmware does not fit or the flash can't be written.
void write_factory_state(NorFlash& flash, Bytes firmware);

// Makes the files of a new board. Throws SimError if they exist or can't be written.
void create_board(const std::string& path, const BoardSpec& spec, Bytes firmware);

}  // namespace otter::sim
