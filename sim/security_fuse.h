// The eFuse by which a chip counts security versions: as many bits as the highest that was burned.
// It outlives every boot, and nothing takes a bit back. docs/boot.md. One caller at a time.
#pragma once

#include <cstdint>

namespace otter::sim {

struct SecurityFuse {
  uint32_t version = 0;     // the bits that are burned: esp_efuse_read_secure_version()
  uint32_t size_bits = 16;  // CONFIG_BOOTLOADER_APP_SEC_VER_SIZE_EFUSE_FIELD

  // Source: esp_efuse_check_secure_version(), ESP-IDF v5.5.5
  // components/efuse/src/esp_efuse_fields.c
  bool allows(uint32_t image_version) const { return image_version >= version; }

  // False, and nothing is burned, if `image_version` is lower than what is, or has more bits than
  // the fuse.
  //
  // Source: esp_efuse_update_secure_version(), ESP-IDF v5.5.5 esp_efuse_fields.c
  bool burn(uint32_t image_version) {
    if (image_version > size_bits || image_version < version) return false;
    version = image_version;
    return true;
  }
};

}  // namespace otter::sim
