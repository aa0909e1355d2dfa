// Why a chip started. docs/spec/device-facts.md. Pure, any thread.
#pragma once

#include "ota/wire/bytes.h"

namespace otter {

// The enumerator's spelling is the wire's.
//
// Source: esp_reset_reason_t, ESP-IDF v5.5 components/esp_system
enum class ResetReason : uint8_t {
  unknown,
  power_on,
  external,
  software,
  panic,
  interrupt_watchdog,
  task_watchdog,
  other_watchdog,
  deep_sleep,
  brownout,
};
Text name(ResetReason reason);

// `unknown` if there is none of that name: it may be a newer device's.
ResetReason reset_reason_named(Text text);

// True if the firmware or its power supply failed: a panic, a watchdog, a brown-out.
bool is_abnormal(ResetReason reason);

}  // namespace otter
