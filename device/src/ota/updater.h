// The update engine: what a device does, from the check-in to the confirmed image. It runs the same
// on the chip and in the simulator. docs/device.md. One caller at a time; no heap.
//
//   idle -> checking -> preparing -> downloading -> verifying -> staged -> rebooting
//    ^  ^______|____________|_____________|____________|           (new boot) |
//    |______________________ reporting <---- confirmed / rolled_back <---- trial
#pragma once

#include "ota/board.h"
#include "ota/http.h"
#include "ota/wire/checkin.h"
#include "ota/wire/crypto.h"

namespace otter {

// A key that may sign releases for this device's product.
struct ReleaseKey {
  uint8_t id[kKeyIdSize];         // the front of SHA-256 of `point`
  uint8_t point[kPublicKeySize];  // SEC1 uncompressed
};

enum class UpdateMode : uint8_t {
  signed_release,  // check-in, statement and envelope: what protects a fleet
  plain,           // one shared API key and HMAC secret: whoever reads one device can sign for all
};

// Texts and buffers must outlive the Updater.
struct UpdaterConfig {
  UpdateMode mode = UpdateMode::signed_release;
  Text device_id;
  Text product;
  Text version;       // of the running firmware; empty: from its esp_app_desc_t
  Text api_key;       // the product's shared key: plain mode, and enrolment in the other
  Bytes hmac_secret;  // plain mode
  const ReleaseKey* release_keys = nullptr;
  size_t release_key_count = 0;
  uint8_t signatures_needed = 1;

  uint32_t check_interval_s = 3600;   // [s] until the server says otherwise
  uint32_t retry_delay_s = 5;         // [s] after the first failure; doubles up to the interval
  uint32_t trial_uptime_s = 10;       // [s] a new image must run at least before it is confirmed
  uint32_t trial_deadline_s = 600;    // [s] for the self-test, from network-up
  uint32_t trial_ceiling_s = 1800;    // [s] for the self-test, from the boot
  uint8_t trial_attempts_max = 3;     // boots of a new image that prove nothing against it
  uint8_t download_attempts_max = 5;  // per check-in
};

struct UpdaterPorts {
  Board& board;
  Http& http;
  Crypto& crypto;
  Settings& settings;
  Application& application;
};

constexpr size_t kWorkspaceSize = 12 * 1024;  // [bytes]

enum class UpdaterState : uint8_t {
  idle,
  enrolling,
  checking,
  preparing,
  downloading,
  verifying,
  staged,
  rebooting,
  trial,
  reporting,
};
// The enumerator's spelling.
Text name(UpdaterState state);

class Updater {
 public:
  // REQUIRES: workspace.size >= kWorkspaceSize
  Updater(const UpdaterConfig& config, const UpdaterPorts& ports, MutableBytes workspace);

  // Reads journal and otadata and finds out what the last boot was: ordinary, a trial, a rollback.
  // To be called once, as early as the application can.
  //
  // Errors: no_slot, flash_io
  Error begin(uint64_t now_ms);

  // Does one bounded piece of work (one request, one block, one sector) and gives the time [ms] at
  // which it wants to be called again. `now_ms` is monotonic, from any start.
  uint64_t step(uint64_t now_ms);

  // Makes the next step() check in, unless an update is under way.
  void check_now();

  UpdaterState state() const;
};

}  // namespace otter
