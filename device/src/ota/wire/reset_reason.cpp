#include "ota/wire/reset_reason.h"

namespace otter {
namespace {

constexpr const char* kNames[] = {
    "unknown",       "power_on",       "external",   "software", "panic", "interrupt_watchdog",
    "task_watchdog", "other_watchdog", "deep_sleep", "brownout"};

}  // namespace

Text name(ResetReason reason) { return kNames[static_cast<size_t>(reason)]; }

ResetReason reset_reason_named(Text text) {
  for (size_t i = 0; i < sizeof(kNames) / sizeof(kNames[0]); ++i) {
    if (text == Text(kNames[i])) return static_cast<ResetReason>(i);
  }
  return ResetReason::unknown;
}

bool is_abnormal(ResetReason reason) {
  switch (reason) {
    case ResetReason::panic:
    case ResetReason::interrupt_watchdog:
    case ResetReason::task_watchdog:
    case ResetReason::other_watchdog:
    case ResetReason::brownout:
      return true;
    default:
      return false;
  }
}

}  // namespace otter
