// The default event loop. Only what Otter uses: tools/idf_signatures.py compares it with ESP-IDF.
#pragma once

#include <esp_err.h>
#include <stdint.h>

typedef const char* esp_event_base_t;
typedef void (*esp_event_handler_t)(void* event_handler_arg, esp_event_base_t event_base,
                                    int32_t event_id, void* event_data);
#define ESP_EVENT_ANY_ID -1

extern "C" esp_err_t esp_event_loop_create_default(void);
extern "C" esp_err_t esp_event_handler_register(esp_event_base_t event_base, int32_t event_id,
                                                esp_event_handler_t event_handler,
                                                void* event_handler_arg);
