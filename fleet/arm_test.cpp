#include "fleet/arm.h"

#include <gtest/gtest.h>

#include <array>

#include "fleet/time_units.h"

namespace otter::fleet {
namespace {

constexpr int64_t kInterval = 600;  // [s]

Arm arm_of(Metric metric, uint32_t index = 0) {
  Arm arm;
  arm.experiment = "lamp/x";
  arm.versions = {"", "2", "3"};
  arm.index = index;
  arm.metric = metric;
  arm.watch_s = 2 * kDay;
  return arm;
}

// A device that had two resets before its watch, and was seen `silence_s` before its end.
double value(Metric metric, Vitals vitals, int64_t silence_s = 0, bool has_confirmed = false) {
  Pair watch;
  watch.resets = 2;
  PairNow now = {1'800'000'000, kInterval, vitals, {}};
  now.device.seen_s = now.now_s - silence_s;
  return value_of(arm_of(metric), watch, now, has_confirmed);
}

TEST(Arm, IsDealtEachDeviceOnceAndAboutAsManyAsTheOthers) {
  std::array<int, 3> counts{};
  for (int number = 0; number < 3000; ++number) {
    const std::string device = "lamp-" + std::to_string(number);
    int arms = 0;
    for (uint32_t index = 0; index < 3; ++index) {
      if (!is_dealt(arm_of(Metric::heap, index), device)) continue;
      ++counts[index];
      ++arms;
    }
    EXPECT_EQ(arms, 1) << device;
  }
  for (const int count : counts) EXPECT_NEAR(count, 1000, 100);
}

TEST(Arm, DealsOtherwiseInAnotherExperiment) {
  Arm other = arm_of(Metric::heap);
  other.experiment = "lamp/y";
  int same = 0;
  for (int number = 0; number < 3000; ++number) {
    const std::string device = "lamp-" + std::to_string(number);
    same += is_dealt(arm_of(Metric::heap), device) && is_dealt(other, device) ? 1 : 0;
  }
  EXPECT_NEAR(same, 333, 60);
}

TEST(Arm, MeasuresADevice) {
  EXPECT_EQ(value(Metric::confirmed, {}, 0, true), 1);
  EXPECT_EQ(value(Metric::confirmed, {}), 0);
  EXPECT_EQ(value(Metric::any_reset, {.resets = 2}), 0);
  EXPECT_EQ(value(Metric::any_reset, {.resets = 3}), 1);
  EXPECT_EQ(value(Metric::resets, {.resets = 6}), 2);  // four in two days
  EXPECT_EQ(value(Metric::heap, {.heap_bytes = 4096}), 4096);
  EXPECT_EQ(value(Metric::signal, {.rssi_dbm_below_zero = 60}), -60);
}

// One that does nothing but reset decides nothing, and one whose count was lost has none.
TEST(Arm, BoundsResets) {
  EXPECT_EQ(value(Metric::resets, {.resets = 1000}), 5);
  EXPECT_EQ(value(Metric::resets, {.resets = 0}), 0);
}

TEST(Arm, CountsSilenceAsTheWorst) {
  const int64_t silent = 3 * kInterval + 1;
  EXPECT_EQ(value(Metric::any_reset, {.resets = 2}, silent - 1), 0);
  EXPECT_EQ(value(Metric::any_reset, {.resets = 2}, silent), 1);
  EXPECT_EQ(value(Metric::resets, {.resets = 2}, silent), 5);
  EXPECT_EQ(value(Metric::heap, {.heap_bytes = 4096}, silent), 0);
  EXPECT_EQ(value(Metric::signal, {.rssi_dbm_below_zero = 60}, silent), -127);
  EXPECT_EQ(value(Metric::signal, {}), -127);  // not stated
}

TEST(Arm, NamesMetrics) {
  EXPECT_EQ(metric_named("any_reset"), Metric::any_reset);
  EXPECT_FALSE(metric_named("x").has_value());
  EXPECT_TRUE(is_share(Metric::confirmed));
  EXPECT_TRUE(is_lower_better(Metric::resets));
  EXPECT_FALSE(is_lower_better(Metric::heap));
}

}  // namespace
}  // namespace otter::fleet
