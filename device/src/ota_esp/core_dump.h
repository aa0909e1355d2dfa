// The core's CoreDump over ESP-IDF's. Firmware that keeps none
// (CONFIG_ESP_COREDUMP_ENABLE_TO_FLASH, and a partition `coredump`) never has one. One caller at a
// time.
//
// Facts: ESP-IDF v5.1.4 and v6.0.2, components/espcoredump/include/esp_core_dump.h
#pragma once

#include "ota/board.h"

namespace otter {

class EspCoreDump : public CoreDump {
 public:
  // Looks for a dump whose checksum is right, for which it reads all of it.
  void find();

  uint32_t size_bytes() const override { return size_bytes_; }
  // What the vendor's `esp-coredump` reads.
  Error read(uint32_t offset, MutableBytes out) override;
  Error erase() override;

  // Two lines to the log at most: task and address, and why, if the program said so itself. Needs
  // 1.5 KiB of stack.
  void log(Board& board) const;

 private:
  [[maybe_unused]] uint32_t offset_ = 0;  // [bytes from the partition's start]
  uint32_t size_bytes_ = 0;
};

}  // namespace otter
