// The partition that holds them.
// Only what Otter uses: tools/idf_signatures.py compares it with ESP-IDF.
#pragma once

#include <esp_err.h>

extern "C" esp_err_t nvs_flash_init(void);
