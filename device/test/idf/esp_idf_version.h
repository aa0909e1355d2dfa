// The version that the compiler is told, OTTER_IDF_VERSION.
// Only what Otter uses: tools/idf_signatures.py compares it with ESP-IDF.
#pragma once

#define ESP_IDF_VERSION_VAL(major, minor, patch) ((major << 16) | (minor << 8) | (patch))
#define ESP_IDF_VERSION_MAJOR (OTTER_IDF_VERSION / 100)
#define ESP_IDF_VERSION ESP_IDF_VERSION_VAL(ESP_IDF_VERSION_MAJOR, OTTER_IDF_VERSION % 100, 0)
