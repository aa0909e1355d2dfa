#include "server/reset_count.h"

namespace otter::server {

bool counts_as_reset(const BootSign& before, const BootSign& now) {
  if (before.seen_s == 0 || now.uptime_s == kUptimeUnknown || !is_abnormal(now.reason)) {
    return false;
  }
  if (before.uptime_s != kUptimeUnknown && now.uptime_s < before.uptime_s) return true;
  if (before.seen_s < now.clock_set_s) return false;
  return now.seen_s - now.uptime_s > before.seen_s + kClockSlack;
}

}  // namespace otter::server
