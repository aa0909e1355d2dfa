#include "server/command.h"

#include <cstdlib>

namespace otter::server {
namespace {

// [s] What the start of one boot may seem to move between two check-ins: their time on the way, and
// clocks that don't agree.
constexpr int64_t kStartSlack = 10;
static_assert(kStartSlack < kObeyedFrom, "a boot after the one that obeyed began later than that");

// [s] A boot that is too young comes back a little after it is old enough.
constexpr uint32_t kComeAgainSlack = 5;

bool is_same_boot(const DeviceCommand& told, const BootSign& now) {
  if (now.uptime_s == kUptimeUnknown || now.uptime_s < told.told_uptime_s) return false;
  const int64_t started_then_s = told.told_s - told.told_uptime_s;
  const int64_t started_s = now.seen_s - now.uptime_s;
  return std::llabs(started_s - started_then_s) <= kStartSlack;
}

// The log that arrives ends the command. To send it once more does no harm.
CommandStep tell_until_sent(const DeviceCommand& command, const BootSign& checkin) {
  if (command.told_s != 0) return {.told = command.command};
  DeviceCommand told = command;
  told.told_s = checkin.seen_s;
  return {.told = command.command, .next = told};
}

}  // namespace

DeviceCommand successor(const DeviceCommand& before, Command command, int64_t now_s) {
  const int64_t requested_s = command == Command::none ? 0 : now_s;
  return {.command = command, .number = before.number + 1, .requested_s = requested_s};
}

CommandStep step_of(const DeviceCommand& command, const BootSign& checkin) {
  if (command.command == Command::none) return {};
  if (command.command == Command::send_logs) return tell_until_sent(command, checkin);
  const bool is_too_young = command.told_s == 0 && checkin.uptime_s < kObeyedFrom;
  if (is_too_young && command.command != Command::check_now) {
    return {.come_within = kObeyedFrom - checkin.uptime_s + kComeAgainSlack};
  }
  const DeviceCommand ended = successor(command, Command::none, 0);
  if (command.told_s != 0 && !is_same_boot(command, checkin)) return {.next = ended};
  if (command.command == Command::check_now) {
    return {.told = command.command, .next = ended, .come_within = kCheckNowDelay};
  }
  if (checkin.uptime_s == kUptimeUnknown) return {.told = command.command, .next = ended};
  DeviceCommand told = command;
  told.told_s = checkin.seen_s;
  told.told_uptime_s = checkin.uptime_s;
  return {.told = command.command, .next = told};
}

}  // namespace otter::server
