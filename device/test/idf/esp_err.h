// Error codes. Only what Otter uses: tools/idf_signatures.py compares it with ESP-IDF.
#pragma once

typedef int esp_err_t;

#define ESP_OK 0
#define ESP_ERR_INVALID_STATE 0x103
