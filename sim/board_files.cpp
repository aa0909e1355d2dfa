#include "sim/board_files.h"

#include <unistd.h>

#include <cstring>

#include "publish/partition_csv.h"
#include "sim/sim_error.h"
#include "sim/world_stage.h"

namespace otter::sim {
namespace {

constexpr uint32_t kFirstSlot = 0x20000;      // [bytes from the start of flash]
constexpr uint32_t kSlotAlignment = 0x10000;  // [bytes] gen_esp32part.py, ESP-IDF v5.5
constexpr uint32_t kCoredumpSize = 0x20000;   // [bytes]

Partition partition(const char* label, uint8_t type, uint8_t subtype, uint32_t offset,
                    uint32_t size) {
  Partition out;
  out.type = type;
  out.subtype = subtype;
  out.offset = offset;
  out.size_bytes = size;
  std::strncpy(out.label, label, sizeof(out.label) - 1);
  return out;
}

void program(NorFlash& flash, uint32_t offset, Bytes data, const char* what) {
  if (flash.program(offset, data) != Error::ok) {
    throw SimError(std::string("flash: can't write the ") + what + "; is the disk full?");
  }
}

}  // namespace

PartitionTable default_partitions(uint32_t flash_size_bytes) {
  const uint32_t room = flash_size_bytes - kFirstSlot - kCoredumpSize;
  const uint32_t slot = room / 2 / kSlotAlignment * kSlotAlignment;
  const Partition rows[] = {
      partition("nvs", kTypeData, kSubtypeNvs, 0x9000, 0x5000),
      partition("otadata", kTypeData, kSubtypeDataOta, 0xE000, 0x2000),
      partition("otter", kTypeData, kSubtypeOtterJournal, 0x10000, 0x8000),
      partition("ota_0", kTypeApp, kSubtypeOta0, kFirstSlot, slot),
      partition("ota_1", kTypeApp, kSubtypeOta0 + 1, kFirstSlot + slot, slot),
      partition("coredump", kTypeData, kSubtypeCoredump, flash_size_bytes - kCoredumpSize,
                kCoredumpSize),
  };
  PartitionTable table;
  for (const Partition& row : rows) table.partitions[table.count++] = row;
  return table;
}

void write_factory_state(NorFlash& flash, Bytes firmware) {
  const PartitionTable table = default_partitions(flash.size_bytes());
  program(flash, kPartitionTableOffset, write_partition_table(table), "partition table");
  const Partition& slot = *table.find(kTypeApp, kSubtypeOta0);
  if (firmware.size > slot.size_bytes) {
    throw SimError("firmware of " + std::to_string(firmware.size) + " bytes: ota_0 has " +
                   std::to_string(slot.size_bytes) + "; choose a larger flash");
  }
  program(flash, slot.offset, firmware, "firmware");
}

void create_board(const std::string& path, const BoardSpec& spec, Bytes firmware) {
  if (find_chip(spec.chip.chip) == nullptr) throw SimError("board " + path + ": no such chip");
  if (!is_flash_size(spec.flash_size_bytes)) {
    throw SimError("board " + path + ": a flash chip has 4, 8 or 16 MiB");
  }
  NorFlash flash = NorFlash::create_file(path, spec.flash_size_bytes);
  try {
    write_factory_state(flash, firmware);
    write_chip_facts(efuse_path(path), spec.chip);
  } catch (const SimError&) {
    ::unlink(path.c_str());
    ::unlink(efuse_path(path).c_str());
    throw;
  }
}

}  // namespace otter::sim
