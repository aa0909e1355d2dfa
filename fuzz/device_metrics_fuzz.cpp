// The X-Otter-Metrics header on any text. What is read is within its limits, and what a device
// writes of it is read the same.
#include <cmath>
#include <set>

#include "fuzz/require.h"
#include "ota/wire/device_metrics.h"
#include "server/device_metrics.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  const std::string header(reinterpret_cast<const char*>(data), size);
  const auto read = server::parse_device_metrics(header);
  if (!read.has_value()) return 0;
  require(!read->empty() && read->size() <= kMetricsMax, "there are 1 to 16");
  std::set<std::string> names;
  std::vector<Metric> metrics;
  std::vector<fleet::MetricValue> whole;
  for (const fleet::MetricValue& one : *read) {
    require(std::abs(one.value) < kMetricMax, "a value is within its limits");
    require(names.insert(one.name).second, "a name comes once");
    whole.push_back({one.name, std::trunc(one.value)});
    metrics.push_back({one.name, static_cast<int64_t>(one.value)});
  }
  std::vector<uint8_t> buffer(2 * kDeviceMetricsSizeMax);  // with a space behind each comma
  const Text written = write_device_metrics(metrics.data(), metrics.size(), buffer);
  if (written.size > kDeviceMetricsSizeMax) return 0;
  const auto again = server::parse_device_metrics({written.data, written.size});
  require(again == whole, "what is written is read the same");
  return 0;
}
