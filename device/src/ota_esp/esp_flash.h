// A partition as the core's Flash, by esp_partition: it encrypts where the chip does, and refuses
// to leave the partition. One caller at a time.
//
// Facts: ESP-IDF v5.1.4, components/esp_partition/include/esp_partition.h
#pragma once

#include <esp_partition.h>

#include "ota/flash.h"

namespace otter {

class EspFlash : public Flash {
 public:
  // `partition` is one of esp_partition_find_first(), which live as long as the firmware.
  explicit EspFlash(const esp_partition_t* partition = nullptr) : partition_(partition) {}

  bool exists() const { return partition_ != nullptr; }
  uint32_t address() const { return partition_->address; }  // [bytes] in flash

  uint32_t size_bytes() const override { return partition_->size; }
  uint32_t write_unit() const override { return partition_->encrypted ? kEncryptedUnit : 1; }
  Result<bool> is_erased(uint32_t offset, uint32_t size) override;
  Error read(uint32_t offset, MutableBytes out) override;
  // Erases whole 64 KiB blocks where the range holds such, and lets other tasks run in between as
  // CONFIG_SPI_FLASH_YIELD_DURING_ERASE says.
  Error erase(uint32_t offset, uint32_t size) override;
  Error program(uint32_t offset, Bytes data) override;

 private:
  const esp_partition_t* partition_;
};

}  // namespace otter
