// One powered board: bootloader, the firmware that it starts, the real update engine in it, and
// resets. Time is handed in: the real clock's by `otter sim device`, a test's own by a test.
// docs/simulator.md. One caller at a time.
//
//   off --power_on--> booting --bootloader--> running --panic, watchdog, restart--> booting
//    ^____________________|______________________|  power cut
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "ota/updater.h"
#include "sim/bootloader.h"
#include "sim/virtual_board.h"

namespace otter::sim {

constexpr uint64_t kNever = UINT64_MAX;  // [ms]

struct VirtualDeviceConfig {
  // `version` is always the running image's own; so is `product` if it is empty. Texts and buffers
  // must outlive the device.
  UpdaterConfig updater;
  BootOptions boot;
  uint32_t boot_time_ms = 300;        // from a reset to the application
  uint32_t crash_after_ms = 100;      // from the application's start, behaviour `crash`
  uint32_t panic_every_ms = 300'000;  // the same of `unstable`
  // CONFIG_ESP_TASK_WDT_TIMEOUT_S, ESP-IDF v5.5 components/esp_system/Kconfig: 5 s
  uint32_t watchdog_ms = 5000;
  bool keeps_core_dumps = false;    // a crash leaves one, where the table has a partition for it
  Diagnostics diagnostics = {};     // what the board says of itself, until it is set otherwise
  uint32_t patch_memory_bytes = 0;  // for patches; 0: it takes none
};

struct VirtualDevicePorts {
  NorFlash& flash;
  Crypto& crypto;
  Settings& settings;
  std::function<std::unique_ptr<Http>()> connect;  // called at each boot: no connection survives it
  LogSink log;
  std::function<Error()> ready_for_update = {};        // the pre-flight check; empty: always ready
  std::function<void(Text values)> on_configure = {};  // the application is told what is in force
  std::function<bool()> has_network = {};              // its link is there; empty: always
};

// What became of an update.
struct Delivered {
  Phase phase = Phase::none;
  Error error = Error::ok;
  std::string version;
};

class VirtualDevice {
 public:
  VirtualDevice(const VirtualDeviceConfig& config, VirtualDevicePorts ports);
  ~VirtualDevice();

  // Does one bounded piece of work and gives the time [ms] at which it wants to be called again:
  // kNever without power. Throws SimError if the board can't run at all (no partition for otadata
  // or the journal, nobody named the product).
  //
  // REQUIRES: now_ms never goes back
  uint64_t step(uint64_t now_ms);

  // After a power cut (NorFlash::has_power() is false): the next step boots again.
  void power_on();

  // A reset that neither the engine nor the firmware's behaviour asks for: deep sleep, a restart of
  // the application's own, a panic. Gives the time [ms] at which step() is to be called.
  uint64_t reset(uint64_t now_ms, ResetReason reason);

  // What the board says of itself from now on, in this boot and in later ones.
  void set_diagnostics(const Diagnostics& diagnostics);

  // The last that an update came to since the device was made, whether or not anybody was told.
  const std::optional<Delivered>& ended() const { return ended_; }
  // The server has not heard of that yet.
  bool owes_report() const { return owes_report_; }
  // The last that the server was told since the device was made.
  const std::optional<Delivered>& delivered() const { return delivered_; }
  // The last check-in or report was answered and left nothing to do.
  bool is_at_rest() const { return is_at_rest_; }
  bool in_safe_mode() const;
  // The slot that runs; nothing while it boots.
  std::optional<int> running_index() const;
  // The version that runs; empty while it boots.
  std::string running_version() const;

 private:
  class Running;
  uint64_t start(uint64_t now_ms);
  uint64_t run(uint64_t now_ms);
  uint64_t crash(uint64_t now_ms, ResetReason reason);
  void note_end();
  void nothing_to_boot(const BootResult& result);
  void log(LogLevel level, const std::string& line) const;

  VirtualDeviceConfig config_;
  VirtualDevicePorts ports_;
  std::unique_ptr<Running> running_;  // nullptr: booting
  uint64_t boot_at_ms_ = 0;
  ResetReason reset_reason_ = ResetReason::power_on;
  bool said_nothing_boots_ = false;
  bool is_at_rest_ = false;
  std::optional<Delivered> ended_;
  bool owes_report_ = false;
  std::optional<Delivered> delivered_;
};

}  // namespace otter::sim
