// The board that the core runs on: partitions, resets, log. The chip's implementation is ota_esp/,
// the simulator's sim/virtual_board. One caller at a time.
#pragma once

#include "ota/core_dump.h"
#include "ota/flash.h"
#include "ota/wire/device_facts.h"
#include "ota/wire/device_metrics.h"
#include "ota/wire/json.h"

namespace otter {

constexpr uint8_t kSlotsMax = 16;  // ota_0 .. ota_15, ESP-IDF v5.5 esp_flash_partitions.h
constexpr uint8_t kNoSlot = 0xFF;  // running from `factory`

enum class LogLevel : uint8_t { error, info, debug };

// What a board can say of itself in a report. What it can't tell stays as it is here.
enum class Known : uint8_t { unknown, no, yes };
struct Diagnostics {
  uint32_t heap_low_water_bytes = 0;  // 0: unknown
  int16_t rssi_dbm = 0;               // 0: unknown
  Known secure_boot = Known::unknown;
  Known flash_encryption = Known::unknown;
  Known jtag_enabled = Known::unknown;
};

class LogRing;

class Board {
 public:
  virtual ~Board() = default;

  virtual ChipId chip() const = 0;
  virtual uint16_t chip_revision() const = 0;  // major * 100 + minor
  virtual Text hardware() const = 0;           // empty: not stated
  // The front of the SHA-256 of the partition table's bytes [kLayoutSize bytes].
  virtual Bytes layout() const = 0;

  virtual uint8_t slot_count() const = 0;    // [0, kSlotsMax]
  virtual uint8_t running_slot() const = 0;  // or kNoSlot
  // True if the table has a `factory` partition: where the bootloader goes if otadata names no
  // slot.
  virtual bool has_factory() const { return false; }
  // REQUIRES: index < slot_count()
  virtual Flash& slot(uint8_t index) = 0;
  virtual Flash& otadata() = 0;  // two sectors
  // The partition `otter` [at least kStorageSize]: journal and documents. docs/spec/journal.md
  virtual Flash& journal() = 0;

  virtual ResetReason reset_reason() const = 0;
  // The security version below which the chip starts nothing; 0: none is burned.
  // Source: esp_efuse_read_secure_version(), ESP-IDF v5.5 components/efuse
  virtual uint32_t security_version_burned() const { return 0; }
  virtual Diagnostics diagnostics() const { return Diagnostics(); }
  // Restarts the chip. In a simulation it returns, and the caller must do nothing more.
  virtual void restart() = 0;

  // nullptr: the board keeps none.
  virtual CoreDump* core_dump() { return nullptr; }

  // `line` without a newline; never holds a secret.
  virtual void log(LogLevel level, Text line) = 0;
  // Where each line of the core is kept besides; nullptr: nowhere.
  void keep_log(LogRing* ring) { log_ring_ = ring; }
  LogRing* kept_log() const { return log_ring_; }

 private:
  LogRing* log_ring_ = nullptr;
};

// Small secrets and settings that outlive an update; NVS on the chip.
enum class Setting : uint8_t {
  device_key,       // epoch and K_dev, docs/spec/device-keys.md [36 bytes]
  next_device_key,  // the same, until the server has answered with it; empty: none
};
class Settings {
 public:
  virtual ~Settings() = default;
  // Gives the size, 0 if it was never set.
  //
  // Errors: settings_io, too_large (out is too small)
  virtual Result<size_t> load(Setting setting, MutableBytes out) = 0;
  // Errors: settings_io
  // Power:  after a cut either the old or the new value is there
  virtual Error store(Setting setting, Bytes value) = 0;
};

// What the core asks of the application.
enum class SelfTest : uint8_t { running, passed, failed };
class Application {
 public:
  virtual ~Application() = default;
  // May an update start now? Errors: low_battery, low_memory, any of the world group
  virtual Error ready_for_update() { return Error::ok; }
  virtual bool network_up() = 0;
  // Called again and again during a trial until it is not `running`.
  virtual SelfTest self_test() = 0;
  // Takes the configuration that is in force from now on: an object whose members are the
  // application's own, as views for the time of the call; or null: none, as the firmware came.
  // Called once within begin(), and whenever that changes, also back to the one before.
  //
  // Errors: any: a new configuration is not taken, and this version of it never again
  virtual Error configure(Json values) {
    return values.type() == JsonType::null ? Error::ok : Error::unsupported;
  }
  // What the application measures, asked for with each check-in and each report. Fills the front of
  // `out` [room for `count_max`], whose names must outlive the call's caller; gives how many.
  virtual size_t metrics(Metric* out, size_t count_max) {
    (void)out;
    (void)count_max;
    return 0;
  }
};

}  // namespace otter
