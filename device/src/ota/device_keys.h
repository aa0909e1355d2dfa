// The device's own secret and the keys that follow from it, over the epochs of the fleet's master
// secret. A new secret is on trial until the server has answered with it; the old one is kept until
// then. docs/spec/device-keys.md. One caller at a time.
#pragma once

#include "ota/updater_config.h"

namespace otter {

constexpr size_t kDeviceApiKeySize = 64 + 1 + kDigestHexSize;  // [characters] "<device id>.<hex>"

class DeviceKeys {
 public:
  DeviceKeys(const UpdaterConfig& config, const UpdaterPorts& ports)
      : config_(config), ports_(ports) {}

  // Takes the secret out of the settings: the new one, if one is on trial. A damaged setting counts
  // as none.
  //
  // Errors: settings_io, low_memory, too_large (the device's id)
  Error load();

  bool has_key() const { return api_key_size_ != 0; }
  bool on_trial() const { return on_trial_; }
  // Of the secret in use; 0: there is none.
  uint32_t epoch() const { return epoch_; }
  // K_dev[resp-mac]
  Bytes mac_key() const { return mac_key_.bytes; }
  // What is sent as X-API-Key; empty: there is none.
  Text api_key() const { return Text(api_key_, api_key_size_); }

  // Keeps a secret [kDeviceKeySize bytes] that the server has just given, and goes by it.
  //
  // Errors: settings_io, low_memory, too_large
  // Power:  a cut leaves the old one, or both
  Error take(uint32_t epoch, Bytes secret);

  // An answer was authenticated: the secret in use is the server's. Ends its trial.
  //
  // Errors: settings_io (it stays on trial)
  Error accepted();

  // The server does not know the secret in use. One on trial is dropped, and the old one is used
  // again.
  //
  // Errors: those of load()
  Error refused();

 private:
  Result<bool> load_from(Setting setting);
  Error use(uint32_t epoch, Bytes secret);

  const UpdaterConfig& config_;
  const UpdaterPorts& ports_;
  bool on_trial_ = false;
  uint32_t epoch_ = 0;
  Digest mac_key_;
  char api_key_[kDeviceApiKeySize] = {};
  size_t api_key_size_ = 0;
};

}  // namespace otter
