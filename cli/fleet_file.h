// The boards of a real fleet for a rehearsal, from what `otter device export --format facts` has
// written: docs/simulator.md. Main thread.
#pragma once

#include <string>
#include <vector>

#include "fleet/rollout.h"
#include "sim/fleet_world.h"

namespace otter::cli {

// The devices that the plan would go to: of its group, and not running its version. They are as
// old as the file, so "now" is when the last of them was seen.
//
// Errors: std::runtime_error (the file can't be read, a line is none of a device, the group is no
//         filter, no device is left)
std::vector<sim::KnownBoard> read_fleet(const std::string& path, const fleet::Plan& plan,
                                        int64_t interval_s);

}  // namespace otter::cli
