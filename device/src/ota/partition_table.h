// The partition table as it lies in flash. docs/spec/partition-table.md. Pure, any thread.
// The CSV form is read on the host: publish/partition_csv.h.
#pragma once

#include "ota/wire/digest.h"

namespace otter {

constexpr uint32_t kPartitionTableOffset = 0x8000;  // CONFIG_PARTITION_TABLE_OFFSET, default
constexpr size_t kPartitionTableSize = 0xC00;       // [bytes] 96 rows
constexpr size_t kPartitionRowSize = 32;            // [bytes]
constexpr size_t kPartitionsMax = 95;               // and the terminator; 94 with an MD5
constexpr size_t kMd5Size = 16;                     // [bytes]

// Source: esp_partition_type_t and _subtype_t, ESP-IDF v5.5 components/esp_partition
constexpr uint8_t kTypeApp = 0;
constexpr uint8_t kTypeData = 1;
constexpr uint8_t kSubtypeFactory = 0x00;
constexpr uint8_t kSubtypeOta0 = 0x10;
constexpr uint8_t kSubtypeOta15 = 0x1F;
constexpr uint8_t kSubtypeTest = 0x20;
constexpr uint8_t kSubtypeDataOta = 0x00;
constexpr uint8_t kSubtypeCoredump = 0x03;
// Otter's journal: type data, label "otter". A component may add a data subtype with
// EXTRA_PARTITION_SUBTYPES (ESP-IDF v5.5 partition-tables.rst); the bootloader passes it over.
constexpr uint8_t kSubtypeOtterJournal = 0x4F;

struct Partition {
  uint8_t type = 0;
  uint8_t subtype = 0;
  uint32_t offset = 0;  // [bytes from the start of flash]
  uint32_t size_bytes = 0;
  char label[17] = {};  // NUL terminated
  bool encrypted = false;
  bool readonly = false;
};

struct PartitionTable {
  Partition partitions[kPartitionsMax];
  size_t count = 0;
  bool has_md5 = false;
  uint8_t md5[kMd5Size] = {};  // as stored
  size_t md5_covers = 0;       // [bytes] of the table before the MD5's row

  // The first of that type and subtype, or nullptr.
  const Partition* find(uint8_t type, uint8_t subtype) const;
  // How many of ota_0, ota_1, ... there are; 0 if one is missing in between or there twice. Then
  // the bootloader (which counts rows) and the application (which counts up to the first gap) read
  // otadata's sequence numbers differently, and no update is safe.
  //
  // Source: bootloader_utility_load_partition_table() and
  // esp_ota_get_app_partition_count(), ESP-IDF v5.5
  uint8_t ota_slot_count() const;
};

// Reads rows up to the terminating one. `out` may be partly filled after an error, and
// `*error_offset` [bytes from the table's start] then tells where.
// The caller compares the MD5 of `raw.part(0, md5_covers)` with `md5`.
//
// Errors: truncated (no terminator), bad_magic, too_large (more than kPartitionsMax rows),
//         malformed (a row after the MD5's, an empty table, a second otadata),
//         out_of_range (beyond flash_size_bytes; overlaps; alignment; otadata of another size)
Error parse_partition_table(Bytes raw, uint32_t flash_size_bytes, PartitionTable* out,
                            size_t* error_offset);

// Appends one row.
void write_partition_row(const Partition& partition, Appender& out);
// Appends the MD5's row.
void write_partition_md5(Bytes md5, Appender& out);

}  // namespace otter
