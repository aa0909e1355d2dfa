// What the last crash left in flash: which task stopped where, and the dump itself, for an
// application to send away. Firmware that keeps none (CONFIG_ESP_COREDUMP_ENABLE_TO_FLASH, and a
// partition `coredump`) never has one. One caller at a time.
//
// Facts: ESP-IDF v5.1.4 and v6.0.2, components/espcoredump/include/esp_core_dump.h
#pragma once

#include "ota/board.h"

namespace otter {

class CoreDump {
 public:
  // Looks for a dump whose checksum is right, for which it reads all of it.
  CoreDump();

  uint32_t size_bytes() const { return size_bytes_; }  // 0: there is none

  // The dump's bytes [offset, offset + out.size), decrypted: what the vendor's `esp-coredump`
  // reads.
  //
  // Errors: out_of_range, flash_io
  Error read(uint32_t offset, MutableBytes out) const;

  // From then on there is none.
  //
  // Errors: flash_io
  Error erase();

  // Two lines to the log at most: task and address, and why, if the program said so itself. Needs
  // 1.5 KiB of stack.
  void log(Board& board) const;

 private:
  uint32_t offset_ = 0;  // [bytes from the partition's start]
  uint32_t size_bytes_ = 0;
};

}  // namespace otter
