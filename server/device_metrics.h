// What a device's application measures, as its check-in says: the X-Otter-Metrics header.
// docs/spec/device-metrics.md. Pure, any thread.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "fleet/health.h"

namespace otter::server {

// In the header's order, values within 10^15 of 0. Nothing if any of it is not as documented: a
// number that stands beside one that can't be read may not mean what its name says.
std::optional<std::vector<fleet::MetricValue>> parse_device_metrics(std::string_view header);

}  // namespace otter::server
