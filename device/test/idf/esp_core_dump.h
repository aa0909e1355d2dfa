// What a crash left in flash.
// Only what Otter uses: tools/idf_signatures.py compares it with ESP-IDF.
#pragma once

#include <esp_err.h>
#include <sdkconfig.h>
#include <stddef.h>
#include <stdint.h>

extern "C" {
#if CONFIG_ESP_COREDUMP_ENABLE_TO_FLASH
esp_err_t esp_core_dump_image_check(void);
esp_err_t esp_core_dump_image_get(size_t* out_addr, size_t* out_size);
esp_err_t esp_core_dump_image_erase(void);

typedef struct {
  char exc_task[16];
  uint32_t exc_pc;
} esp_core_dump_summary_t;

esp_err_t esp_core_dump_get_summary(esp_core_dump_summary_t* summary);
esp_err_t esp_core_dump_get_panic_reason(char* reason_buffer, size_t buffer_size);
#endif
}
