// The watchdog of tasks. Only what Otter uses: tools/idf_signatures.py compares it with ESP-IDF.
#pragma once

#include <esp_err.h>
#include <freertos/task.h>

extern "C" esp_err_t esp_task_wdt_reset(void);
extern "C" esp_err_t esp_task_wdt_status(TaskHandle_t task_handle);
