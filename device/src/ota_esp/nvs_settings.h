// What this board was given and what it has been told to keep, in NVS: namespace `otter`, keys as
// in docs/spec/nvs.md. The application has called nvs_flash_init(), or begin() does. Where the
// firmware is built with NVS encryption, the values are encrypted. It never erases a partition:
// that would delete the board's keys. One caller at a time.
//
// Facts: ESP-IDF v5.1.4, components/nvs_flash/include/nvs.h
#pragma once

#include <nvs.h>

#include "ota/board.h"

namespace otter {

class NvsSettings : public Settings {
 public:
  NvsSettings() = default;
  ~NvsSettings() override;
  NvsSettings(const NvsSettings&) = delete;
  NvsSettings& operator=(const NvsSettings&) = delete;

  // Errors: settings_io (the partition `nvs` is missing, full, or of a newer version)
  Error begin();

  Result<size_t> load(Setting setting, MutableBytes out) override;
  Error store(Setting setting, Bytes value) override;

  // The text under `key`, NUL terminated; gives its length, 0 if it was never set.
  //
  // Errors: settings_io, too_large (with its NUL it does not fit)
  Result<size_t> load_text(const char* key, char* out, size_t out_size);
  // The bytes under `key`; gives their size, 0 if they were never set. With an empty `out` nothing
  // is read but the size.
  //
  // Errors: settings_io, too_large
  Result<size_t> load_bytes(const char* key, MutableBytes out);
  // `otherwise` if it was never set, or can't be read.
  uint16_t load_number(const char* key, uint16_t otherwise);

 private:
  nvs_handle_t handle_ = 0;
};

}  // namespace otter
