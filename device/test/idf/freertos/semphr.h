// FreeRTOS: semaphores. Only what Otter uses: tools/idf_signatures.py compares it with ESP-IDF.
#pragma once

#include <freertos/FreeRTOS.h>

typedef struct QueueDefinition* QueueHandle_t;
typedef QueueHandle_t SemaphoreHandle_t;

extern "C" {
SemaphoreHandle_t stub_semaphore(void);
BaseType_t stub_take(SemaphoreHandle_t semaphore, TickType_t duration);
BaseType_t stub_give(SemaphoreHandle_t semaphore);
void stub_delete(SemaphoreHandle_t semaphore);
}
#define xSemaphoreCreateBinary() stub_semaphore()
#define xSemaphoreTake(semaphore, duration) stub_take(semaphore, duration)
#define xSemaphoreGive(semaphore) stub_give(semaphore)
#define vSemaphoreDelete(semaphore) stub_delete(semaphore)
