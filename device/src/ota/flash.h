// One partition of NOR flash, as the core sees it. The chip's implementation is ota_esp/
// (esp_partition), the simulator's sim/nor_flash. One caller at a time.
#pragma once

#include "ota/wire/error.h"

namespace otter {

// A record that must not be lost is written so often before its error counts: a single failing
// operation is no reason to give up an update.
constexpr int kWriteTriesMax = 3;

constexpr uint32_t kSectorSize = 4096;  // [bytes] the smallest unit of erasing
// [bytes] what a chip erases at once if it is asked for it in one piece; slots begin at a multiple.
//
// Source: ESP-IDF v5.5 docs, "Partition Tables", Offset & Size; W25Q32JV datasheet, D8h
constexpr uint32_t kEraseBlockSize = 64 * 1024;

// [bytes] what flash encryption encrypts at a time. Source: ESP-IDF v5.5 docs, "Flash Encryption"
constexpr uint32_t kEncryptedUnit = 16;

// Bytes that can be read at any place: a partition, or a file in memory.
class Readable {
 public:
  virtual ~Readable() = default;
  virtual uint32_t size_bytes() const = 0;

  // Fills `out` from `offset` [bytes from the start].
  //
  // REQUIRES: offset + out.size <= size_bytes()
  // Errors:   flash_io
  virtual Error read(uint32_t offset, MutableBytes out) = 0;
};

class Flash : public Readable {
 public:
  // The size and alignment [bytes] of what program() takes: 1, or kEncryptedUnit on a partition
  // that the chip encrypts. There each unit may be programmed once between two erases.
  virtual uint32_t write_unit() const = 0;

  // True if all of [offset, offset + size) is erased on the chip itself: an encrypted partition
  // reads erased flash as noise, so that comparing with FF would not do.
  //
  // REQUIRES: offset + size <= size_bytes()
  // Errors:   flash_io
  // Source:   esp_partition_read_raw(), ESP-IDF v5.5 components/esp_partition
  virtual Result<bool> is_erased(uint32_t offset, uint32_t size) = 0;

  // Sets [offset, offset + size) to FF.
  //
  // REQUIRES: offset and size are multiples of kSectorSize; offset + size <= size_bytes()
  // Errors:   flash_io
  // Power:    a cut inside leaves the range in any state, the rest untouched
  // Cost:     45 ms a sector typically, 400 ms at most; 150 ms and 2 s for each 64 KiB block that
  //           lies in the range (Winbond W25Q32JV datasheet, tSE and tBE2)
  // Source:   esp_partition_erase_range(), ESP-IDF v5.5 components/esp_partition;
  //           esp_flash_erase_region(), components/spi_flash
  virtual Error erase(uint32_t offset, uint32_t size) = 0;

  // Clears the 0 bits of `data` at `offset` [bytes from partition start].
  //
  // REQUIRES: offset + data.size <= size_bytes(); both are multiples of write_unit()
  // Errors:   flash_io
  // Power:    a cut inside leaves the range in any state, the rest untouched
  // Source:   esp_partition_write(), ESP-IDF v5.5 components/esp_partition
  virtual Error program(uint32_t offset, Bytes data) = 0;
};

// True if reading `offset` gives `data`.
//
// REQUIRES: offset + data.size <= size_bytes()
// Errors:   flash_io
Result<bool> holds(Readable& flash, uint32_t offset, Bytes data);

// Programs, and reads back what the cells hold: a chip reports no error for a cell that is worn
// out, and ESP-IDF compares only with CONFIG_SPI_FLASH_VERIFY_WRITE, which is off by default.
//
// REQUIRES: as program()
// Errors:   flash_io (the cells hold something else, too)
// Source:   components/spi_flash/Kconfig, ESP-IDF v5.5
Error program_and_compare(Flash& flash, uint32_t offset, Bytes data);

}  // namespace otter
