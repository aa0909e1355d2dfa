// What a device's operator asks of it, and when it is told. docs/spec/admin-api.md#commands. Pure,
// any thread.
#pragma once

#include <optional>

#include "ota/wire/checkin.h"
#include "server/reset_count.h"

namespace otter::server {

// A device has one at most.
struct DeviceCommand {
  Command command = Command::none;
  int64_t number = 0;          // of this device's commands, ascending; also where one has ended
  int64_t requested_s = 0;     // [s since 1970-01-01 UTC]
  int64_t told_s = 0;          // last; 0: not yet
  uint32_t told_uptime_s = 0;  // of the device, then
};

// The next, in place of this one; Command::none: it has ended.
DeviceCommand successor(const DeviceCommand& before, Command command, int64_t now_s);

// [s] An image must have run so long before it obeys.
//
// Source: UpdaterConfig::stable_uptime_s, device/src/ota/updater_config.h
constexpr uint32_t kObeyedFrom = 60;
// [s] until a device comes again that was told to check in soon.
constexpr uint32_t kCheckNowDelay = 60;

// What a check-in makes of a command.
struct CommandStep {
  Command told = Command::none;            // what the statement says
  std::optional<DeviceCommand> next = {};  // what must be durable before it is said; none: as it is
  std::optional<uint32_t> come_within = {};  // [s] when the device shall come again at the latest
};

// A device obeys by starting anew: so it is told in each check-in of the boot in which it was told
// first, and never in another one. What looks like another boot is taken for one: a reboot too few
// is better than one too many. A boot that is too young to obey is not told yet. `check_now` is
// told once, and so is everything to a device that does not state its uptime.
CommandStep step_of(const DeviceCommand& command, const BootSign& checkin);

}  // namespace otter::server
