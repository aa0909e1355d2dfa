// What a device's application measures, as its check-in says: the X-Otter-Metrics header.
// docs/spec/device-metrics.md. Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace otter::server {

struct DeviceMetric {
  std::string name;
  double value = 0;  // within 10^15 of 0; in a unit of the application's choice
  bool operator==(const DeviceMetric&) const = default;
};

// In the header's order. Nothing if any of it is not as documented: a number that stands beside one
// that can't be read may not mean what its name says.
std::optional<std::vector<DeviceMetric>> parse_device_metrics(std::string_view header);

}  // namespace otter::server
