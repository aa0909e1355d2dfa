// Whether a device's chip has started between two check-ins because something went wrong: what a
// rollout is judged by. docs/spec/admin-api.md. Pure, any thread.
#pragma once

#include <cstdint>

#include "ota/wire/device_facts.h"

namespace otter::server {

// A check-in, as far as it tells of the boot that it came from.
struct BootSign {
  int64_t seen_s = 0;  // by the server's clock; 0: there was no check-in
  uint32_t uptime_s = kUptimeUnknown;
  ResetReason reason = ResetReason::unknown;
  int64_t clock_set_s = 0;  // when that clock was last set before it; 0: it was not
};

// [s] What a check-in may be on its way, and a clock go wrong between two.
constexpr int64_t kClockSlack = 5;

// True if `now` comes from a boot that is later than `before`, and that boot began abnormally. An
// uptime that has fallen proves the first whatever the clock says; else the chip must have started
// after `before`, which can't be told if the clock was set in between. What is not stated counts
// nothing, so of several resets between two check-ins it is the last that counts.
bool counts_as_reset(const BootSign& before, const BootSign& now);

}  // namespace otter::server
