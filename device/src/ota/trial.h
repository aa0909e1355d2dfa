// Is a new image good? The decision alone. Pure, any thread.
#pragma once

#include "ota/board.h"

namespace otter {

struct TrialLimits {
  uint32_t uptime_s = 0;        // it must run at least so long
  uint32_t deadline_s = 0;      // from network-up
  uint32_t ceiling_s = 0;       // from the boot
  uint32_t heap_min_bytes = 0;  // free heap may never have been lower
};

struct TrialFacts {
  uint32_t uptime_s = 0;
  bool network_seen = false;      // the network has been up in this boot
  uint32_t network_uptime_s = 0;  // since then
  bool server_contacted = false;  // an authenticated answer came in this boot
  SelfTest self_test = SelfTest::running;
  uint32_t heap_low_water_bytes = 0;  // 0: unknown
};

struct TrialVerdict {
  enum class Kind : uint8_t { wait, confirm, roll_back } kind = Kind::wait;
  Error reason = Error::ok;  // of roll_back
};

// Errors in `reason`: selftest_failed, low_memory, no_network, no_contact
TrialVerdict judge_trial(const TrialFacts& facts, const TrialLimits& limits);

// Does an image that was on trial and did not survive a reset stand convicted by how the chip was
// reset? `crashed` or `watchdog` if so; ok if the reset proves nothing: power, a button, deep
// sleep, a restart that the application asked for.
Error convicting_error(ResetReason reason);

}  // namespace otter
