// One partition of NOR flash, as the core sees it. The chip's implementation is ota_esp/
// (esp_partition), the simulator's sim/nor_flash. One caller at a time.
#pragma once

#include "ota/wire/error.h"

namespace otter {

constexpr uint32_t kSectorSize = 4096;  // [bytes] the smallest unit of erasing

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
  // Sets [offset, offset + size) to FF.
  //
  // REQUIRES: offset and size are multiples of kSectorSize; offset + size <= size_bytes()
  // Errors:   flash_io
  // Power:    a cut inside leaves the range in any state, the rest untouched
  // Cost:     45 ms a sector typically, 400 ms at most (Winbond W25Q32JV datasheet, tSE)
  // Source:   esp_partition_erase_range(), ESP-IDF v5.5 components/esp_partition
  virtual Error erase(uint32_t offset, uint32_t size) = 0;

  // Clears the 0 bits of `data` at `offset` [bytes from partition start].
  //
  // REQUIRES: offset + data.size <= size_bytes()
  // Errors:   flash_io
  // Power:    a cut inside leaves the range in any state, the rest untouched
  // Source:   esp_partition_write(), ESP-IDF v5.5 components/esp_partition
  virtual Error program(uint32_t offset, Bytes data) = 0;
};

}  // namespace otter
