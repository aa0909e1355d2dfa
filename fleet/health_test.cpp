#include "fleet/health.h"

#include <gtest/gtest.h>

#include "fleet/book_fixture.h"

namespace otter::fleet {
namespace {

PairNow now_with(const Vitals& device, const Vitals& control) {
  return {kStart + kDay, kCheckInterval, device, control};
}

Vitals vitals(uint32_t resets, int64_t seen_s = kStart + kDay) {
  Vitals vitals;
  vitals.resets = resets;
  vitals.seen_s = seen_s;
  return vitals;
}

// The sum of the differences of one pair.
double difference(HealthMetric metric, const PairNow& now, const Pair& pair = {}) {
  HealthSums sums;
  add_pair(sums, pair, now);
  return sums.at(static_cast<size_t>(metric)).sum;
}

TEST(Health, CountsResetsSinceThePairBegan) {
  Pair pair;
  pair.resets = 3;
  pair.control_resets = 10;
  EXPECT_EQ(difference(HealthMetric::resets, now_with(vitals(8), vitals(11)), pair), 4);
}

TEST(Health, CountsNoResetsOfADeviceThatCountsAnew) {
  Pair pair;
  pair.resets = 3;
  EXPECT_EQ(difference(HealthMetric::resets, now_with(vitals(1), vitals(0)), pair), 0);
}

TEST(Health, LetsNoSingleDeviceDecide) {
  EXPECT_EQ(difference(HealthMetric::resets, now_with(vitals(100'000), vitals(0))), 10);
}

TEST(Health, CallsADeviceSilentAfterThreeIntervals) {
  const int64_t end_s = kStart + kDay;
  const auto silence = [end_s](int64_t age_s) {
    return difference(HealthMetric::silence, now_with(vitals(0, end_s - age_s), vitals(0)));
  };
  EXPECT_EQ(silence(3 * kCheckInterval), 0);
  EXPECT_EQ(silence(3 * kCheckInterval + 1), 1);
  EXPECT_EQ(difference(HealthMetric::silence, now_with(vitals(0), vitals(0, 0))), -1);
}

TEST(Health, AllowsAFifthOfTheHeap) {
  Vitals device = vitals(0), control = vitals(0);
  device.heap_bytes = 80 * 1024;
  control.heap_bytes = 100 * 1024;
  EXPECT_EQ(difference(HealthMetric::heap, now_with(device, control)), 0);
  device.heap_bytes = 40 * 1024;
  EXPECT_EQ(difference(HealthMetric::heap, now_with(device, control)), 40);
}

TEST(Health, AllowsThreeDecibels) {
  Vitals device = vitals(0), control = vitals(0);
  device.rssi_dbm_below_zero = 63;
  control.rssi_dbm_below_zero = 60;
  EXPECT_EQ(difference(HealthMetric::signal, now_with(device, control)), 0);
  device.rssi_dbm_below_zero = 70;
  EXPECT_EQ(difference(HealthMetric::signal, now_with(device, control)), 7);
}

TEST(Health, ComparesOnlyWhatBothState) {
  Vitals device = vitals(0);
  device.heap_bytes = 1024;
  device.rssi_dbm_below_zero = 90;
  HealthSums sums;
  add_pair(sums, Pair(), now_with(device, vitals(0)));
  EXPECT_EQ(sums[static_cast<size_t>(HealthMetric::resets)].pairs, 1);
  EXPECT_EQ(sums[static_cast<size_t>(HealthMetric::heap)].pairs, 0);
  EXPECT_EQ(sums[static_cast<size_t>(HealthMetric::signal)].pairs, 0);
}

TEST(Health, NamesTheStrongestEvidence) {
  HealthSums sums;
  for (int pair = 0; pair < 30; ++pair) sums[1].add(1, 0);
  const Evidence evidence = strongest(sums);
  EXPECT_STREQ(name(evidence.metric), "silence");
  EXPECT_GT(evidence.log_evidence, 5);
  EXPECT_STREQ(name(HealthMetric::signal), "signal");
}

}  // namespace
}  // namespace otter::fleet
