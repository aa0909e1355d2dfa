// The chip that the core runs on: its partitions, why it started, what is burned into it, its log.
// One caller at a time.
//
// Facts: ESP-IDF v5.1.4, components/app_update/include/esp_ota_ops.h,
// esp_system/include/esp_system.h, esp_hw_support/include/esp_chip_info.h
#pragma once

#include "ota/board.h"
#include "ota/wire/crypto.h"
#include "ota_esp/core_dump.h"
#include "ota_esp/esp_flash.h"

namespace otter {

// `line` is NUL terminated, without a newline.
using LogSink = void (*)(LogLevel level, const char* line);

class EspBoard : public Board {
 public:
  // Looks its partitions up, and what a crash left. Lines up to `most` go to `sink` (nullptr: to
  // the console), each behind
  // "[OTA] ". `hardware` must outlive it. `scratch` [at least kPartitionTableSize bytes] is needed
  // for the time of the call.
  //
  // Errors: wrong_layout (there is no partition `otter`, type data, subtype 0x4F, or no otadata),
  //         no_slot (fewer than two OTA slots, or a gap between them), flash_io, low_memory
  Error begin(Text hardware, LogLevel most, LogSink sink, Crypto& crypto, MutableBytes scratch);

  ChipId chip() const override;
  uint16_t chip_revision() const override;
  Text hardware() const override { return hardware_; }
  Bytes layout() const override { return layout_; }

  uint8_t slot_count() const override { return slot_count_; }
  uint8_t running_slot() const override { return running_slot_; }
  bool has_factory() const override;
  Flash& slot(uint8_t index) override { return slots_[index]; }
  Flash& otadata() override { return otadata_; }
  Flash& journal() override { return journal_; }

  ResetReason reset_reason() const override;
  uint32_t security_version_burned() const override;
  Diagnostics diagnostics() const override;
  EspCoreDump* core_dump() override { return &core_dump_; }
  void restart() override;
  void log(LogLevel level, Text line) override;

 private:
  Error find_slots();

  EspFlash slots_[kSlotsMax];
  EspFlash otadata_;
  EspFlash journal_;
  EspCoreDump core_dump_;
  uint8_t slot_count_ = 0;
  uint8_t running_slot_ = kNoSlot;
  uint8_t layout_[kLayoutSize] = {};
  Text hardware_;
  LogLevel most_ = LogLevel::info;
  LogSink sink_ = nullptr;
};

}  // namespace otter
