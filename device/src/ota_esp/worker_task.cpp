#include "ota_esp/worker_task.h"

#include "ota_esp/esp_clock.h"

namespace otter {
namespace {

constexpr UBaseType_t kPriority = 1;      // as Arduino's loop(): above idle, below the network
constexpr uint32_t kWatchdogPoll = 1000;  // [ms]

}  // namespace

WorkerTask::~WorkerTask() {
  if (task_ != nullptr) vTaskDelete(task_);
  if (done_ != nullptr) vSemaphoreDelete(done_);
}

bool WorkerTask::begin(uint32_t stack_size_bytes) {
  if (stack_size_bytes == 0 || task_ != nullptr) return true;
  done_ = xSemaphoreCreateBinary();
  return done_ != nullptr &&
         xTaskCreate(loop, "otter", stack_size_bytes, this, kPriority, &task_) == pdPASS;
}

void WorkerTask::run(Job job, void* argument) {
  if (task_ == nullptr || xTaskGetCurrentTaskHandle() == task_) {
    job(argument);
    return;
  }
  job_ = job;
  argument_ = argument;
  xTaskNotifyGive(task_);
  while (xSemaphoreTake(done_, pdMS_TO_TICKS(kWatchdogPoll)) != pdTRUE) feed_watchdog();
}

void WorkerTask::loop(void* self) {
  WorkerTask& worker = *static_cast<WorkerTask*>(self);
  for (;;) {
    ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
    worker.job_(worker.argument_);
    xSemaphoreGive(worker.done_);
  }
}

}  // namespace otter
