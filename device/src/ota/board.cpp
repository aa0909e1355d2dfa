#include "ota/board.h"

namespace otter {

Text name(ResetReason reason) {
  constexpr const char* kNames[] = {
      "unknown",       "power_on",       "external",   "software", "panic", "interrupt_watchdog",
      "task_watchdog", "other_watchdog", "deep_sleep", "brownout"};
  return kNames[static_cast<size_t>(reason)];
}

}  // namespace otter
