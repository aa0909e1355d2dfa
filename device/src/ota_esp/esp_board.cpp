#include "ota_esp/esp_board.h"

#ifdef ARDUINO
#include <Arduino.h>
#endif
#include <esp_chip_info.h>
#include <esp_flash.h>
#include <esp_idf_version.h>
#include <esp_ota_ops.h>
#include <esp_system.h>
#include <sdkconfig.h>
#include <stdio.h>

#include "ota/log_line.h"
#include "ota/partition_table.h"
#include "ota_esp/chip_security.h"
#include "ota_esp/network.h"

namespace otter {
namespace {

constexpr esp_partition_subtype_t kJournalSubtype =
    static_cast<esp_partition_subtype_t>(kSubtypeOtterJournal);

const esp_partition_t* find_app(int subtype) {
  return esp_partition_find_first(ESP_PARTITION_TYPE_APP,
                                  static_cast<esp_partition_subtype_t>(subtype), nullptr);
}

#ifdef ARDUINO  // whose Serial may be USB, where printf() does not go
void print(LogLevel, const char* line) { Serial.println(line); }
#else
void print(LogLevel, const char* line) { printf("%s\n", line); }
#endif

}  // namespace

Error EspBoard::begin(Text hardware, LogLevel most, LogSink sink, Crypto& crypto,
                      MutableBytes scratch) {
  hardware_ = hardware;
  most_ = most;
  sink_ = sink;
  journal_ = EspFlash(esp_partition_find_first(ESP_PARTITION_TYPE_DATA, kJournalSubtype, nullptr));
  otadata_ = EspFlash(
      esp_partition_find_first(ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_DATA_OTA, nullptr));
  if (!journal_.exists()) {
    LogLine(*this, LogLevel::error).text("No partition otter (data, 0x4F) in the partition table");
  }
  if (!otadata_.exists()) {
    LogLine(*this, LogLevel::error).text("No partition otadata (data, ota) in the partition table");
  }
  if (!journal_.exists() || !otadata_.exists()) return Error::wrong_layout;
  OTTER_TRY(find_slots());
  core_dump_.find();

  // Decrypts on the way where the chip encrypts its flash.
  const MutableBytes table = scratch.part(0, kPartitionTableSize);
  if (esp_flash_read_encrypted(nullptr, CONFIG_PARTITION_TABLE_OFFSET, table.data, table.size) !=
      ESP_OK) {
    return Error::flash_io;
  }
  OTTER_TRY_SET(const Digest digest, sha256(crypto, table));
  memcpy(layout_, digest.bytes, sizeof(layout_));
  return Error::ok;
}

// Bootloader and application count differently over a gap (docs/spec/partition-table.md): then no
// update is safe.
Error EspBoard::find_slots() {
  const esp_partition_t* running = esp_ota_get_running_partition();
  uint8_t found = 0;
  for (uint8_t i = 0; i < kSlotsMax; ++i) {
    const esp_partition_t* partition = find_app(ESP_PARTITION_SUBTYPE_APP_OTA_MIN + i);
    if (partition == nullptr) continue;
    if (i != found) return Error::no_slot;
    slots_[found++] = EspFlash(partition);
    if (running != nullptr && partition->address == running->address) running_slot_ = i;
  }
  slot_count_ = found;
  return found < 2 ? Error::no_slot : Error::ok;
}

ChipId EspBoard::chip() const { return CONFIG_IDF_FIRMWARE_CHIP_ID; }

// Since ESP-IDF 5.0 esp_chip_info() gives major * 100 + minor.
uint16_t EspBoard::chip_revision() const {
  esp_chip_info_t info;
  esp_chip_info(&info);
  return info.revision;
}

bool EspBoard::has_factory() const {
  return find_app(ESP_PARTITION_SUBTYPE_APP_FACTORY) != nullptr;
}

// Source: esp_reset_reason_t, ESP-IDF v5.5.5 components/esp_system/include/esp_system.h. What USB,
// JTAG and an SDIO host do is somebody's wish from outside. A lock-up is an exception within the
// handling of one: it is the firmware's, as a panic is, and the chip gets no further. A glitch of
// the supply is a brown-out that is shorter.
ResetReason EspBoard::reset_reason() const {
  switch (esp_reset_reason()) {
    case ESP_RST_POWERON:
      return ResetReason::power_on;
    case ESP_RST_EXT:
    case ESP_RST_SDIO:
      return ResetReason::external;
    case ESP_RST_SW:
      return ResetReason::software;
    case ESP_RST_PANIC:
      return ResetReason::panic;
    case ESP_RST_INT_WDT:
      return ResetReason::interrupt_watchdog;
    case ESP_RST_TASK_WDT:
      return ResetReason::task_watchdog;
    case ESP_RST_WDT:
      return ResetReason::other_watchdog;
    case ESP_RST_DEEPSLEEP:
      return ResetReason::deep_sleep;
    case ESP_RST_BROWNOUT:
      return ResetReason::brownout;
// The last of these came with v5.1.4 and v5.2.2.
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 2, 2) ||  \
    (ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 1, 4) && \
     ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 2, 0))
    case ESP_RST_USB:
    case ESP_RST_JTAG:
      return ResetReason::external;
    case ESP_RST_CPU_LOCKUP:
      return ResetReason::panic;
    case ESP_RST_PWR_GLITCH:
      return ResetReason::brownout;
#endif
    default:
      return ResetReason::unknown;
  }
}

uint32_t EspBoard::security_version_burned() const { return burned_security_version(); }

Diagnostics EspBoard::diagnostics() const {
  Diagnostics known = chip_security();
  known.heap_low_water_bytes = esp_get_minimum_free_heap_size();
  known.rssi_dbm = wifi_rssi_dbm();
  return known;
}

void EspBoard::restart() { esp_restart(); }

void EspBoard::log(LogLevel level, Text line) {
  if (level > most_) return;
  char text[192];
  snprintf(text, sizeof(text), "[OTA] %.*s", static_cast<int>(line.size), line.data);
  (sink_ != nullptr ? sink_ : print)(level, text);
}

}  // namespace otter
