// Which file goes where in a board's flash, for esptool: bootloader, partition table, otadata, app
// and NVS image. Pure, any thread.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "ota/partition_table.h"
#include "ota/wire/chip.h"

namespace otter {

// Files that can't be flashed together. what(): one line: what, where, what to do next.
struct FlashPlanError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct FlashFile {
  std::string path;  // empty: not this one
  uint32_t size_bytes = 0;
  uint32_t offset = 0;  // [bytes from the start of flash]
};

struct FlashParts {
  const Chip* chip = nullptr;
  PartitionTable table;
  uint32_t table_offset = kPartitionTableOffset;
  // Offsets are worked out.
  FlashFile bootloader, table_file, otadata, app, nvs, nvs_keys;
};

// The partition that nvs_flash_init() opens: label `nvs`, type data, subtype nvs.
//
// Errors: FlashPlanError (there is none)
// Source: NVS_DEFAULT_PART_NAME, ESP-IDF v5.5 components/nvs_flash/include/nvs_flash.h
const Partition& nvs_partition(const PartitionTable& table);

// `image` with its offset.
//
// Errors: FlashPlanError (there is no such partition, or it has another size: pages of an earlier
//         content that stay behind the image would be read as well)
FlashFile place_nvs(const PartitionTable& table, FlashFile image);

// The partition of keys that nvs_flash_init() takes: the first of type data, subtype nvs_keys.
//
// Errors: FlashPlanError (there is none, or it is too small)
FlashFile place_nvs_keys(const PartitionTable& table, FlashFile image);

// In ascending order of offset.
//
// Errors: FlashPlanError (two of them overlap)
void sort_apart(std::vector<FlashFile>& files);

// The app goes where the bootloader begins: to `factory`, else to ota_0.
//
// Errors: FlashPlanError (no place for a file, or a too small one; nothing to flash)
std::vector<FlashFile> plan_flash(const FlashParts& parts);

}  // namespace otter
