#include "ota_esp/chip_security.h"

#include <esp_efuse.h>
#include <esp_efuse_table.h>
#include <esp_flash_encrypt.h>
#include <esp_secure_boot.h>
#include <sdkconfig.h>

namespace otter {
namespace {

Known known(bool yes) { return yes ? Known::yes : Known::no; }

// By every way that there is: pins, and USB where the chip has JTAG on it.
bool is_jtag_disabled() {
#if CONFIG_IDF_TARGET_ESP32
  return esp_efuse_read_field_bit(ESP_EFUSE_DISABLE_JTAG);
#elif CONFIG_IDF_TARGET_ESP32S2
  return esp_efuse_read_field_bit(ESP_EFUSE_HARD_DIS_JTAG);
#elif CONFIG_SOC_USB_SERIAL_JTAG_SUPPORTED
  return esp_efuse_read_field_bit(ESP_EFUSE_DIS_PAD_JTAG) &&
         esp_efuse_read_field_bit(ESP_EFUSE_DIS_USB_JTAG);
#else
  return esp_efuse_read_field_bit(ESP_EFUSE_DIS_PAD_JTAG);
#endif
}

}  // namespace

Diagnostics chip_security() {
  Diagnostics facts;
  facts.secure_boot = known(esp_secure_boot_enabled());
  facts.flash_encryption = known(esp_flash_encryption_enabled());
  facts.jtag_enabled = known(!is_jtag_disabled());
  return facts;
}

uint32_t burned_security_version() {
#if CONFIG_BOOTLOADER_APP_ANTI_ROLLBACK
  return esp_efuse_read_secure_version();
#else
  return 0;
#endif
}

}  // namespace otter
