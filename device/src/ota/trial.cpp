#include "ota/trial.h"

namespace otter {

TrialVerdict judge_trial(const TrialFacts& facts, const TrialLimits& limits) {
  using Kind = TrialVerdict::Kind;
  if (facts.self_test == SelfTest::failed) return {Kind::roll_back, Error::selftest_failed};
  const bool heap_known = facts.heap_low_water_bytes != 0;
  if (heap_known && facts.heap_low_water_bytes < limits.heap_min_bytes) {
    return {Kind::roll_back, Error::low_memory};
  }
  const bool proved = facts.self_test == SelfTest::passed && facts.server_contacted;
  if (proved && facts.uptime_s >= limits.uptime_s) return {Kind::confirm, Error::ok};

  const bool late = facts.uptime_s >= limits.ceiling_s ||
                    (facts.network_seen && facts.network_uptime_s >= limits.deadline_s);
  if (!late || proved) return {};
  if (!facts.network_seen) return {Kind::roll_back, Error::no_network};
  if (!facts.server_contacted) return {Kind::roll_back, Error::no_contact};
  return {Kind::roll_back, Error::selftest_failed};
}

Error convicting_error(ResetReason reason) {
  switch (reason) {
    case ResetReason::panic:
      return Error::crashed;
    case ResetReason::interrupt_watchdog:
    case ResetReason::task_watchdog:
    case ResetReason::other_watchdog:
      return Error::watchdog;
    default:
      return Error::ok;
  }
}

}  // namespace otter
