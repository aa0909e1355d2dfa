// Which chip this is. Only what Otter uses: tools/idf_signatures.py compares it with ESP-IDF.
#pragma once

#include <stdint.h>

typedef struct {
  uint16_t revision;
} esp_chip_info_t;

extern "C" void esp_chip_info(esp_chip_info_t* out_info);
