// The partition table as people write it (CSV) and as it lies in flash.
// docs/spec/partition-table.md Pure, any thread.
//
// Source of the rules: gen_esp32part.py, ESP-IDF v5.5 components/partition_table
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "ota/partition_table.h"

namespace otter {

// A table that ESP-IDF would not take either. what(): one line with the place.
struct PartitionError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct PartitionCsvError : PartitionError {
  PartitionCsvError(size_t line_in, const std::string& reason);
  size_t line;  // from 1
};

// Reads rows "Name, Type, SubType, Offset, Size, Flags". Blank offset: the next aligned one.
// Negative size: up to that address. Numbers: decimal, 0x..., with K or M. `#` begins a comment.
// $VARIABLES are refused: expand them first.
//
// Errors: PartitionCsvError
PartitionTable parse_partition_csv(const std::string& text, uint32_t flash_size_bytes,
                                   uint32_t table_offset = kPartitionTableOffset);

// The table's kPartitionTableSize bytes: rows, MD5, FF to the end.
//
// Errors: PartitionError (no row, or 95 rows and no place for the MD5)
std::vector<uint8_t> write_partition_table(const PartitionTable& table);

// Reads a table from flash bytes and checks its MD5.
//
// Errors: PartitionError (with the offset of the wrong row; without an MD5, too)
PartitionTable read_partition_table(Bytes raw, uint32_t flash_size_bytes);

// The table as CSV, for a person to read and parse_partition_csv() to read back.
std::string write_partition_csv(const PartitionTable& table);

}  // namespace otter
