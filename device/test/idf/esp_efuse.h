// What is burned into the chip.
// Only what Otter uses: tools/idf_signatures.py compares it with ESP-IDF.
#pragma once

#include <stdint.h>

typedef struct {
} esp_efuse_desc_t;

extern "C" bool esp_efuse_read_field_bit(const esp_efuse_desc_t* field[]);
extern "C" uint32_t esp_efuse_read_secure_version(void);
