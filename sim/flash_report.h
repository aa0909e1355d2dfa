// What lies in a flash chip: table, otadata, images, the engine's journal. For `otter sim flash
// info` and for tests that want to see. Changes nothing. One caller at a time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ota/journal.h"
#include "ota/otadata.h"
#include "ota/partition_table.h"
#include "sim/firmware.h"
#include "sim/nor_flash.h"

namespace otter::sim {

struct SlotReport {
  std::string label;
  bool is_erased = false;   // its first sector
  Error error = Error::ok;  // why the bootloader passes the image over, the chip left aside
  // Only if error == ok:
  ImageInfo image;
  Firmware firmware;
  Digest sha256;  // of the whole image
};

struct FlashReport {
  Error table_error = Error::ok;  // then there is nothing else
  PartitionTable table;
  Digest layout;  // SHA-256 of the table's bytes
  std::optional<Otadata> otadata;
  uint8_t slot_count = 0;
  std::vector<SlotReport> slots;  // of all app partitions
  std::optional<JournalState> journal;
};

FlashReport inspect_flash(NorFlash& flash, Crypto& crypto);

}  // namespace otter::sim
