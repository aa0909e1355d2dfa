// Why TLS failed. Only what Otter uses: tools/idf_signatures.py compares it with ESP-IDF.
#pragma once

#include <esp_err.h>

#define ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT 0x8006

typedef struct esp_tls_last_error* esp_tls_error_handle_t;

extern "C" esp_err_t esp_tls_get_and_clear_last_error(esp_tls_error_handle_t h, int* esp_tls_code,
                                                      int* esp_tls_flags);
