#include "ota/wire/device_metrics.h"

#include <array>
#include <string>
#include <vector>

#include "device/test/printers.h"

namespace otter {
namespace {

std::string written_metrics(const std::vector<Metric>& metrics,
                            size_t room = kDeviceMetricsSizeMax) {
  std::array<uint8_t, kDeviceMetricsSizeMax> buffer{};
  const Text header =
      write_device_metrics(metrics.data(), metrics.size(), MutableBytes(buffer).part(0, room));
  return {header.data, header.size};
}

TEST(DeviceMetrics, LieAsDocumented) {
  EXPECT_EQ(written_metrics({{"battery_mv", 3700}, {"t.min-2", -5}}),
            "battery_mv=3700, t.min-2=-5");
  EXPECT_EQ(written_metrics({}), "");
}

TEST(DeviceMetrics, LeaveOutWhatIsNoKey) {
  const std::string longest(64, 'a'), longer(65, 'a');
  EXPECT_EQ(
      written_metrics(
          {{"", 1}, {"Battery", 2}, {"a:b", 3}, {"9a", 4}, {"a b", 5}, {longer, 6}, {longest, 7}}),
      longest + "=7");
}

TEST(DeviceMetrics, LeaveOutWhatHasMoreThanFifteenDigits) {
  EXPECT_EQ(written_metrics({{"a", kMetricMax},
                             {"b", -kMetricMax},
                             {"c", INT64_MIN},
                             {"d", INT64_MAX},
                             {"e", kMetricMax - 1},
                             {"f", 1 - kMetricMax}}),
            "e=999999999999999, f=-999999999999999");
}

TEST(DeviceMetrics, AreAtMostSixteen) {
  const std::vector<Metric> many(17, Metric{"a", 1});
  std::string expected = "a=1";
  for (size_t i = 1; i < kMetricsMax; ++i) expected += ", a=1";
  EXPECT_EQ(written_metrics(many), expected);
}

TEST(DeviceMetrics, AreCutOffBetweenTwo) {
  const std::vector<Metric> two = {{"first", 1}, {"second", -999999999999999}};
  for (size_t room = 0; room <= kDeviceMetricsSizeMax; ++room) {
    const std::string header = written_metrics(two, room);
    ASSERT_LE(header.size(), room);
    EXPECT_TRUE(header.empty() || header == "first=1" || header == "second=-999999999999999" ||
                header == "first=1, second=-999999999999999")
        << header;
  }
  EXPECT_EQ(written_metrics(two), "first=1, second=-999999999999999");
}

}  // namespace
}  // namespace otter
