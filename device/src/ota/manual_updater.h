// An update by hand: functions that each do one whole step of it and return when that is done, for
// applications that want to decide themselves what happens when. They drive an Updater, so that
// each rule of its own holds here as well: nothing is installed that is not verified, and a new
// image is on trial. docs/device.md. One caller at a time, in between Updater::step() may be
// called.
#pragma once

#include "ota/updater.h"

namespace otter {

// Time, as a task spends it.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual uint64_t now_ms() = 0;  // monotonic, from any start
  // Lets other tasks run; feeds the watchdog.
  virtual void sleep_ms(uint64_t duration_ms) = 0;
};

class ManualUpdater {
 public:
  // All of them must outlive it; `config` and `ports` are those of the updater.
  ManualUpdater(Updater& updater, const UpdaterConfig& config, const UpdaterPorts& ports,
                Clock& clock)
      : updater_(updater), config_(config), ports_(ports), clock_(clock) {}

  // Finishes what the last boot left (a trial, an outcome to be reported), then asks the server.
  // True if a release waits for its download. False: there is none, or the server can't be asked or
  // believed; the log says which.
  //
  // Cost: some requests; while a trial is under way as long as that takes (trial_ceiling_s)
  bool check_for_updates();

  // Downloads, verifies and stages the release and restarts the chip: on success it returns in a
  // simulation only, with true. False: it came to nothing, and the server has been told why if it
  // can be reached.
  bool download_and_install_update();

  // Goes on with the download until the first `offset` + `size` bytes of the image are in the slot
  // (or the whole image). `offset` [bytes] is where the caller thinks that it stands: false without
  // a download if less than that has arrived.
  bool download_chunk(uint32_t offset, uint32_t size);

  // Finishes the download, verifies the image as the updater does, and then reads it back once more
  // and compares it with `sha256` and `hmac` (HMAC-SHA256 under hmac_secret), both in hexadecimal.
  // `hmac` may be empty where releases are signed.
  bool verify_firmware(Text sha256, Text hmac);

  // Goes back to the image that ran before; on success it returns in a simulation only, with true.
  bool roll_back();

  // True if the update server answers and its certificate is one that this device trusts.
  bool validate_server_certificate();

 private:
  void step();
  void step_until(bool (*is_done)(const Updater& updater));
  bool restart_if_due();
  void log_verdict(Text what, bool holds);

  Updater& updater_;
  const UpdaterConfig& config_;
  UpdaterPorts ports_;
  Clock& clock_;
};

// True if HMAC-SHA256 of `data` under `key` is `expected` [64 hexadecimal digits].
bool hmac_holds(Crypto& crypto, Bytes key, Bytes data, Text expected);

}  // namespace otter
