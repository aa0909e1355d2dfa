// Time on the chip. Any task.
#pragma once

#include "ota/manual_updater.h"

namespace otter {

class EspClock : public Clock {
 public:
  uint64_t now_ms() override;
  // Resets the task watchdog too, where the calling task is one of those that it watches.
  void sleep_ms(uint64_t duration_ms) override;
};

// Source: esp_task_wdt_reset(), ESP-IDF v5.1.4 components/esp_system/include/esp_task_wdt.h
void feed_watchdog();

}  // namespace otter
