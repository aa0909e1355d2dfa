// FreeRTOS: tasks. Only what Otter uses: tools/idf_signatures.py compares it with ESP-IDF.
#pragma once

#include <freertos/FreeRTOS.h>

typedef struct tskTaskControlBlock* TaskHandle_t;
typedef void (*TaskFunction_t)(void*);

extern "C" {
BaseType_t xTaskCreate(TaskFunction_t code, const char* name, uint32_t stack_size, void* parameters,
                       UBaseType_t priority, TaskHandle_t* created);
void vTaskDelete(TaskHandle_t task);
void vTaskDelay(TickType_t duration);
TaskHandle_t xTaskGetCurrentTaskHandle(void);
BaseType_t stub_notify(TaskHandle_t task);
uint32_t stub_wait(BaseType_t clear, TickType_t duration);
}
#define xTaskNotifyGive(task) stub_notify(task)
#define ulTaskNotifyTake(clear, duration) stub_wait(clear, duration)
