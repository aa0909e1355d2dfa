// The ways in which ESP-IDF's own functions are known to lose a device, as histories that can be
// replayed. docs/boot.md names them too. Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/update_state.h"

namespace otter::sim {

struct VendorHazard {
  std::string name;
  BenchLayout layout;
  std::optional<UpdateState> start;  // nothing: a fresh device
  std::vector<std::string> history;
};

const std::vector<VendorHazard>& vendor_hazards();

}  // namespace otter::sim
