// Where it is burned: one name for each chip.
// Only what Otter uses: tools/idf_signatures.py compares it with ESP-IDF, chip by chip.
#pragma once

#include <esp_efuse.h>
#include <sdkconfig.h>

#if CONFIG_IDF_TARGET_ESP32
extern const esp_efuse_desc_t* ESP_EFUSE_JTAG_DISABLE[];
#define ESP_EFUSE_DISABLE_JTAG ESP_EFUSE_JTAG_DISABLE
#elif CONFIG_IDF_TARGET_ESP32S2
extern const esp_efuse_desc_t* ESP_EFUSE_HARD_DIS_JTAG[];
#else
extern const esp_efuse_desc_t* ESP_EFUSE_DIS_PAD_JTAG[];
#if CONFIG_SOC_USB_SERIAL_JTAG_SUPPORTED
extern const esp_efuse_desc_t* ESP_EFUSE_DIS_USB_JTAG[];
#endif
#endif
