// Flash as a whole. Only what Otter uses: tools/idf_signatures.py compares it with ESP-IDF.
#pragma once

#include <esp_err.h>
#include <stdint.h>

typedef struct esp_flash_t esp_flash_t;

extern "C" esp_err_t esp_flash_read_encrypted(esp_flash_t* chip, uint32_t address, void* out_buffer,
                                              uint32_t length);
