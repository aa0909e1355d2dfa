// FreeRTOS: its types. Only what Otter uses: tools/idf_signatures.py compares it with ESP-IDF.
#pragma once

#include <stdint.h>

typedef int BaseType_t;
typedef unsigned int UBaseType_t;
typedef uint32_t TickType_t;

#define pdTRUE 1
#define pdPASS 1
#define portMAX_DELAY 0xFFFFFFFF
#define pdMS_TO_TICKS(duration) static_cast<TickType_t>(duration)
