// What is burned into the chip: facts for the report, and the floor of the chip's own
// anti-rollback. Any task.
#pragma once

#include "ota/board.h"

namespace otter {

// secure_boot, flash_encryption and jtag_enabled; the rest as it was made.
//
// Source: ESP-IDF v5.1.4, components/bootloader_support/include/esp_secure_boot.h and
//         esp_flash_encrypt.h; components/efuse/<chip>/include/esp_efuse_table.h
Diagnostics chip_security();

// The security version below which the bootloader starts nothing; 0 without
// CONFIG_BOOTLOADER_APP_ANTI_ROLLBACK.
//
// Source: ESP-IDF v5.1.4, components/efuse/include/esp_efuse.h
uint32_t burned_security_version();

}  // namespace otter
