#include "fleet/two_samples.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace otter::fleet {
namespace {

void expect_interval(const Interval& interval, const Interval& expected, double tolerance) {
  EXPECT_NEAR(interval.low, expected.low, tolerance);
  EXPECT_NEAR(interval.high, expected.high, tolerance);
}

Sample sample_of(const std::vector<double>& values) {
  Sample sample;
  for (const double value : values) sample.add(value);
  return sample;
}

// Additional hours of sleep under two drugs: Student, Biometrika 6 (1908) 1.
const TwoSamples kSleep = {sample_of({0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0}),
                           sample_of({1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4})};

// How often the interval holds what is true.
template <typename Draw>
double coverage(double truth, Draw draw_interval) {
  constexpr int kRuns = 2000;
  int covered = 0;
  for (int run = 0; run < kRuns; ++run) {
    const Interval interval = draw_interval();
    covered += interval.low <= truth && truth <= interval.high ? 1 : 0;
  }
  return covered / static_cast<double>(kRuns);
}
const double kDeviation = std::sqrt(0.95 * 0.05 / 2000);  // of a coverage of 95 %

// Table I of Newcombe, Statistics in Medicine 17 (1998) 857, method 3.
TEST(TwoSamples, HasNewcombesValuesOfTheWilsonInterval) {
  expect_interval(wilson_interval({263, 81}, 0.95), {0.2553, 0.3662}, 5e-5);
  expect_interval(wilson_interval({148, 15}, 0.95), {0.0624, 0.1605}, 5e-5);
  expect_interval(wilson_interval({20, 0}, 0.95), {0, 0.1611}, 5e-5);
  expect_interval(wilson_interval({29, 1}, 0.95), {0.0061, 0.1718}, 5e-5);
}

// Table II of Newcombe, Statistics in Medicine 17 (1998) 873, method 10.
TEST(TwoSamples, HasNewcombesValuesOfTheDifference) {
  expect_interval(newcombe_interval({{70, 56}, {80, 48}}, 0.95), {0.0524, 0.3339}, 5e-5);
  expect_interval(newcombe_interval({{10, 9}, {10, 3}}, 0.95), {0.1705, 0.8090}, 5e-5);
  expect_interval(newcombe_interval({{7, 6}, {7, 2}}, 0.95), {0.0582, 0.8062}, 5e-5);
  expect_interval(newcombe_interval({{56, 5}, {29, 0}}, 0.95), {-0.0381, 0.1926}, 5e-5);
  expect_interval(newcombe_interval({{10, 10}, {10, 0}}, 0.95), {0.6075, 1}, 5e-5);
}

TEST(TwoSamples, KnowsNothingOfNoDevices) {
  expect_interval(newcombe_interval({{0, 0}, {0, 0}}, 0.95), {-1, 1}, 0);
  EXPECT_EQ(fisher_p({{0, 0}, {0, 0}}), 1);
  EXPECT_EQ(fisher_p({{10, 10}, {0, 0}}), 1);
}

// The lady tasting tea, and the criminal twins of Fisher, JRSS 98 (1935) 39.
TEST(TwoSamples, HasFishersOwnExamples) {
  EXPECT_NEAR(fisher_p({{4, 3}, {4, 1}}), 34.0 / 70, 1e-9);
  EXPECT_NEAR(fisher_p({{4, 4}, {4, 0}}), 2.0 / 70, 1e-9);
  EXPECT_NEAR(fisher_p({{13, 10}, {17, 2}}), 0.0005367, 5e-8);
}

TEST(TwoSamples, TestsAMillionDevicesExactly) {
  EXPECT_EQ(fisher_p({{1000000, 500000}, {1000000, 500000}}), 1);
  const double z = 2000 / std::sqrt(0.5 * 1000000);  // as good as normal
  const double p = fisher_p({{1000000, 501000}, {1000000, 499000}});
  EXPECT_NEAR(p / std::erfc(z / std::sqrt(2.0)), 1, 0.02);
  EXPECT_LT(fisher_p({{1000000, 900000}, {1000000, 100000}}), 1e-300);
}

// As R's t.test() prints them.
TEST(TwoSamples, HasTheTextbooksValuesOfWelch) {
  EXPECT_NEAR(welch_p(kSleep), 0.07939, 5e-6);
  expect_interval(welch_interval(kSleep, 0.95), {-3.3654832, 0.2054832}, 5e-8);
}

TEST(TwoSamples, SaysNothingWhereTheSpreadIsUnknown) {
  const TwoSamples same = {sample_of({2, 2, 2}), sample_of({1, 1})};
  EXPECT_EQ(welch_p(same), 1);
  EXPECT_TRUE(std::isinf(welch_interval(same, 0.95).low));
  EXPECT_EQ(welch_p({sample_of({5}), kSleep.control}), 1);
  EXPECT_EQ(welch_p({}), 1);
}

TEST(TwoSamples, AddsValuesFarFromZeroWithoutLoss) {
  const Sample sample = sample_of({1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16});
  EXPECT_DOUBLE_EQ(sample.mean, 1e9 + 10);
  EXPECT_DOUBLE_EQ(sample.squared_deviations, 90);
}

TEST(TwoSamples, NewcombesIntervalCoversWhatIsTrue) {
  std::mt19937_64 random(3);
  std::binomial_distribution<int64_t> arm(150, 0.07), control(100, 0.02);
  const auto draw = [&] {
    return newcombe_interval({{150, arm(random)}, {100, control(random)}}, 0.95);
  };
  EXPECT_GE(coverage(0.05, draw), 0.95 - 3 * kDeviation);
}

TEST(TwoSamples, WelchsIntervalCoversWhatIsTrue) {
  std::mt19937_64 random(4);
  std::normal_distribution<double> arm(10, 4), control(7, 1);
  const auto draw = [&] {
    TwoSamples samples;
    for (int device = 0; device < 12; ++device) samples.arm.add(arm(random));
    for (int device = 0; device < 25; ++device) samples.control.add(control(random));
    return welch_interval(samples, 0.95);
  };
  EXPECT_NEAR(coverage(3, draw), 0.95, 3 * kDeviation);
}

}  // namespace
}  // namespace otter::fleet
