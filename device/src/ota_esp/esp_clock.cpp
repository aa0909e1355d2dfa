#include "ota_esp/esp_clock.h"

#include <esp_task_wdt.h>
#include <esp_timer.h>
#include <freertos/FreeRTOS.h>
#include <freertos/task.h>
#include <sdkconfig.h>

namespace otter {

uint64_t EspClock::now_ms() { return static_cast<uint64_t>(esp_timer_get_time()) / 1000; }

void EspClock::sleep_ms(uint64_t duration_ms) {
  feed_watchdog();
  // At least a tick, so that the idle task gets its turn.
  vTaskDelay(pdMS_TO_TICKS(duration_ms) + 1);
  feed_watchdog();
}

void feed_watchdog() {
#if CONFIG_ESP_TASK_WDT_INIT  // else esp_task_wdt_status() logs an error each time
  if (esp_task_wdt_status(nullptr) == ESP_OK) esp_task_wdt_reset();
#endif
}

}  // namespace otter
