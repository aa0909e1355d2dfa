// Resets and the heap. Only what Otter uses: tools/idf_signatures.py compares it with ESP-IDF.
#pragma once

#include <stdint.h>

typedef enum {
  ESP_RST_POWERON,
  ESP_RST_EXT,
  ESP_RST_SW,
  ESP_RST_PANIC,
  ESP_RST_INT_WDT,
  ESP_RST_TASK_WDT,
  ESP_RST_WDT,
  ESP_RST_DEEPSLEEP,
  ESP_RST_BROWNOUT,
  ESP_RST_SDIO,
#if OTTER_IDF_VERSION >= 503  // and 5.1.4 and 5.2.2
  ESP_RST_USB,
  ESP_RST_JTAG,
  ESP_RST_EFUSE,
  ESP_RST_PWR_GLITCH,
  ESP_RST_CPU_LOCKUP,
#endif
} esp_reset_reason_t;

extern "C" {
esp_reset_reason_t esp_reset_reason(void);
uint32_t esp_get_minimum_free_heap_size(void);
[[noreturn]] void esp_restart(void);
}
