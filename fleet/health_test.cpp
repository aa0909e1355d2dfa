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
  add_pair(sums, {}, pair, now);
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
  constexpr int64_t end_s = kStart + kDay;
  const auto silence = [](int64_t age_s) {
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
  add_pair(sums, {}, Pair(), now_with(device, vitals(0)));
  EXPECT_EQ(sums[static_cast<size_t>(HealthMetric::resets)].pairs, 1);
  EXPECT_EQ(sums[static_cast<size_t>(HealthMetric::heap)].pairs, 0);
  EXPECT_EQ(sums[static_cast<size_t>(HealthMetric::signal)].pairs, 0);
}

TEST(Health, NamesTheStrongestEvidence) {
  HealthSums sums;
  for (int pair = 0; pair < 30; ++pair) sums[1].add(1, 0);
  const Evidence evidence = strongest(sums);
  EXPECT_EQ(subject_of_sums({}, evidence.index), "silence");
  EXPECT_GT(evidence.log_evidence, 5);
}

// The sums of one pair's application metric.
PairSums compared(const MetricGate& gate, double updated, double control) {
  Vitals device = vitals(0), other = vitals(0);
  device.metrics = {{"uptime_s", 7}, {gate.name, updated}};
  other.metrics = {{gate.name, control}};
  HealthSums sums;
  add_pair(sums, {gate}, Pair(), now_with(device, other));
  return sums.at(kHealthMetrics);
}

TEST(Health, ComparesAnApplicationsMetricByTheLargerValue) {
  const MetricGate latency = {"latency_ms", false, 0};
  EXPECT_DOUBLE_EQ(compared(latency, 50, 40).sum, 0.2);
  EXPECT_DOUBLE_EQ(compared(latency, 40, 50).sum, -0.2);
  EXPECT_DOUBLE_EQ(compared(latency, 5e14, 4e14).sum, 0.2) << "whatever the unit";
  EXPECT_DOUBLE_EQ(compared(latency, -40, -50).sum, 0.2);
  EXPECT_EQ(compared(latency, 1, -1).sum, 2) << "the greatest there is";
  EXPECT_EQ(compared(latency, 3, 0).sum, 1);
}

TEST(Health, KnowsWhereMoreIsBetter) {
  const MetricGate battery = {"battery_mv", true, 0};
  EXPECT_EQ(compared(battery, 3000, 4000).sum, 0.25);
  EXPECT_EQ(compared(battery, 4000, 3000).sum, -0.25);
}

TEST(Health, AllowsAPartOfTheControlsValue) {
  EXPECT_EQ(compared({"latency_ms", false, 2500}, 50, 40).sum, 0);
  EXPECT_EQ(compared({"battery_mv", true, 2500}, 3000, 4000).sum, 0);
  EXPECT_EQ(compared({"temperature_c", false, 5000}, -20, -40).sum, 0);
  EXPECT_GT(compared({"temperature_c", false, 5000}, -19, -40).sum, 0);
}

TEST(Health, CountsAPairOfZeros) {
  const PairSums sums = compared({"errors", false, 1000}, 0, 0);
  EXPECT_EQ(sums.pairs, 1);
  EXPECT_EQ(sums.sum, 0);
}

TEST(Health, ComparesAMetricOnlyWhereBothStateIt) {
  Vitals stating = vitals(0);
  stating.metrics = {{"latency_ms", 41}};
  const std::vector<MetricGate> gates = {{"battery_mv", true, 0}, {"latency_ms", false, 0}};
  HealthSums sums;
  add_pair(sums, gates, Pair(), now_with(stating, vitals(0)));
  add_pair(sums, gates, Pair(), now_with(vitals(0), stating));
  EXPECT_EQ(sums[kHealthMetrics + 1].pairs, 0);
  add_pair(sums, gates, Pair(), now_with(stating, stating));
  EXPECT_EQ(sums[kHealthMetrics + 1].pairs, 1);
  EXPECT_EQ(sums[kHealthMetrics].pairs, 0) << "nobody states the battery's";
}

TEST(Health, KeepsTheEvidenceOfGatesThatStay) {
  const MetricGate battery = {"battery_mv", true, 0}, latency = {"latency_ms", false, 1000};
  HealthSums sums;
  for (size_t index = 0; index < kHealthMetrics + 2; ++index) {
    sums.at(index).pairs = static_cast<int64_t>(index) + 1;
  }
  const auto pairs_of = [&](const std::vector<MetricGate>& after) {
    std::vector<int64_t> pairs;
    for (const PairSums& one : with_gates(sums, {battery, latency}, after)) {
      pairs.push_back(one.pairs);
    }
    return pairs;
  };
  EXPECT_EQ(pairs_of({battery, latency}), (std::vector<int64_t>{1, 2, 3, 4, 5, 6, 0, 0}));
  EXPECT_EQ(pairs_of({latency}), (std::vector<int64_t>{1, 2, 3, 4, 6, 0, 0, 0}));
  MetricGate loosened = latency;
  loosened.allowance = 2000;
  EXPECT_EQ(pairs_of({loosened, battery}), (std::vector<int64_t>{1, 2, 3, 4, 0, 5, 0, 0}));
}

TEST(Health, SaysWhoseEvidenceIsStrongest) {
  const std::vector<MetricGate> gates = {{"battery_mv", true, 0}, {"latency_ms", false, 0}};
  HealthSums sums;
  for (int pair = 0; pair < 30; ++pair) sums.at(kHealthMetrics + 1).add(1, 0);
  EXPECT_EQ(subject_of_sums(gates, strongest(sums).index), "the application's latency_ms");
}

// Of what nobody looks at there is no evidence for or against.
TEST(Health, SaysNothingOfGatesThatThereAreNot) {
  HealthSums sums;
  for (size_t index = 0; index < kHealthMetrics; ++index) {
    for (int pair = 0; pair < 30; ++pair) sums.at(index).add(0, index == 2 ? 1 : 2);
  }
  const Evidence evidence = strongest(sums);
  EXPECT_EQ(subject_of_sums({}, evidence.index), "heap");
  EXPECT_LT(evidence.log_evidence, 0);
}

}  // namespace
}  // namespace otter::fleet
