// A task that does one job at a time for whoever asks, who waits until it is done: so that engine
// and TLS find the stack that they need, however small the caller's own is. One caller at a time.
#pragma once

#include <freertos/FreeRTOS.h>
#include <freertos/semphr.h>
#include <freertos/task.h>
#include <stdint.h>

namespace otter {

class WorkerTask {
 public:
  using Job = void (*)(void* argument);

  WorkerTask() = default;
  ~WorkerTask();  // REQUIRES: no job is running
  WorkerTask(const WorkerTask&) = delete;
  WorkerTask& operator=(const WorkerTask&) = delete;

  // Takes `stack_size_bytes` from the heap, once. 0: jobs run on the caller's stack. False: no
  // memory.
  bool begin(uint32_t stack_size_bytes);
  // Runs `job` and returns when it has ended. The watchdog of the calling task is fed meanwhile.
  void run(Job job, void* argument);

 private:
  static void loop(void* self);

  TaskHandle_t task_ = nullptr;
  SemaphoreHandle_t done_ = nullptr;  // given when a job has ended
  Job job_ = nullptr;
  void* argument_ = nullptr;
};

}  // namespace otter
