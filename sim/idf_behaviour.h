// In what the versions of ESP-IDF differ when they write otadata. All of it is on the application's
// side: the bootloader's functions are the same from v5.1 to v6.1-beta1 (docs/boot.md).
#pragma once

#include <cstdint>

#include "ota/wire/bytes.h"

namespace otter::sim {

// The name is the first version that behaves so. v5_5_0 and v5_5_4 differ in esp_https_ota only:
// the later one starts over when a server answers a ranged request with 200.
enum class IdfVersion : uint8_t { v5_1, v5_5_0, v5_5_4, v6_0, v6_1 };
constexpr IdfVersion kIdfVersions[] = {IdfVersion::v5_1, IdfVersion::v5_5_0, IdfVersion::v5_5_4,
                                       IdfVersion::v6_0, IdfVersion::v6_1};

struct IdfBehaviour {
  // esp_ota_begin() ends with esp_ota_invalidate_inactive_ota_data_slot(): the entry that the
  // bootloader does not follow is erased, unless it names the running slot.
  //
  // Source: esp_ota_begin(), esp_ota_ops.c; not in v5.1.7, in v5.5
  bool begin_erases_inactive_entry = false;

  // Setting the slot that the bootloader follows already rewrites its entry. Before, the *other*
  // entry got the same sequence number.
  //
  // Source: esp_rewrite_ota_data(), esp_ota_ops.c; not in v5.5.5, in v6.0
  bool set_boot_rewrites_active_entry = false;

  // esp_ota_mark_app_invalid_rollback() exists: it marks and goes on running. Before, the only way
  // was the function that restarts.
  //
  // Source: esp_ota_ops.c; not in v5.1.7, in v5.5
  bool can_invalidate_without_restart = false;
};

constexpr IdfBehaviour behaviour_of(IdfVersion version) {
  IdfBehaviour out;
  out.begin_erases_inactive_entry = version >= IdfVersion::v5_5_0;
  out.set_boot_rewrites_active_entry = version >= IdfVersion::v6_0;
  out.can_invalidate_without_restart = version >= IdfVersion::v5_5_0;
  return out;
}

// "5.1", "5.5.0", ...
constexpr const char* name(IdfVersion version) {
  constexpr const char* kNames[] = {"5.1", "5.5.0", "5.5.4", "6.0", "6.1"};
  return kNames[static_cast<size_t>(version)];
}

}  // namespace otter::sim
