#include "fleet/pair_evidence.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "fleet/pair_fixture.h"

namespace otter::fleet {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

PairSums sums_of(const std::vector<double>& differences) {
  PairSums sums;
  for (const double difference : differences) sums.add(difference, 0);
  return sums;
}

double evidence_of(const std::vector<double>& differences) {
  return std::exp(log_evidence(sums_of(differences)));
}

// What the coins of all pairs can show, each as likely as the other.
std::vector<std::vector<double>> all_signs(const std::vector<double>& sizes) {
  std::vector<std::vector<double>> all;
  for (size_t coins = 0; coins < size_t{1} << sizes.size(); ++coins) {
    all.push_back(sizes);
    for (size_t pair = 0; pair < sizes.size(); ++pair) {
      if (coins >> pair & 1) all.back()[pair] = -sizes[pair];
    }
  }
  return all;
}

double mean_evidence(const std::vector<double>& sizes) {
  double sum = 0;
  const auto all = all_signs(sizes);
  for (const auto& differences : all) sum += evidence_of(differences);
  return sum / static_cast<double>(all.size());
}

// Not more than alpha, but for what chance does to so many runs.
void expect_few_false_halts(const Population& population, double allowance = -1) {
  constexpr int kRuns = 500;
  const Looks looks;
  std::mt19937_64 random(1);
  std::vector<int> halted(looks.alphas.size());
  for (int run = 0; run < kRuns; ++run) {
    const auto pairs = halts(without_effect(population, allowance), looks, random);
    for (size_t level = 0; level < pairs.size(); ++level) {
      halted[level] += pairs[level] <= looks.pairs_max ? 1 : 0;
    }
  }
  for (size_t level = 0; level < halted.size(); ++level) {
    const double alpha = looks.alphas[level];
    EXPECT_LE(halted[level], kRuns * alpha + 3 * std::sqrt(kRuns * alpha * (1 - alpha))) << alpha;
  }
}

// How often the effect is found within `pairs`.
double share_found(const Fleet& fleet, int64_t pairs) {
  constexpr int kRuns = 300;
  std::mt19937_64 random(2);
  int found = 0;
  for (int run = 0; run < kRuns; ++run) {
    found += halts(fleet, {{0.05}, pairs}, random).front() <= pairs ? 1 : 0;
  }
  return static_cast<double>(found) / kRuns;
}

TEST(PairEvidence, BeginsWithNone) {
  EXPECT_NEAR(log_evidence(PairSums()), 0, 1e-12);
  EXPECT_NEAR(log_evidence_two_sided(PairSums()), 0, 1e-12);
  EXPECT_FALSE(rejects(PairSums(), 0.999));
}

TEST(PairEvidence, IsOnAverageAtMostOneWithoutEffect) {
  for (const double scale : {1e-9, 0.01, 1.0, 3.7, 1000.0, 1e9, 1e15}) {
    EXPECT_LE(mean_evidence({scale, scale, scale}), 1 + 1e-12) << scale;
    EXPECT_LE(mean_evidence({scale, 0, 7 * scale, scale / 3, 2 * scale}), 1 + 1e-12) << scale;
  }
}

// Of ten pairs whose two values may be either device's, all ways in which they can fall out.
double mean_evidence_of_shares(double allowance) {
  constexpr std::pair<double, double> kValues[] = {{40, 60},       {1, 1000}, {0, 5}, {-3, 3},
                                                   {-50, -40},     {7, 7},    {0, 0}, {1e15, -1e15},
                                                   {0.001, 0.002}, {100, 101}};
  constexpr unsigned kWays = 1U << std::size(kValues);
  double sum = 0;
  for (unsigned way = 0; way < kWays; ++way) {
    PairSums sums;
    for (unsigned pair = 0; pair < std::size(kValues); ++pair) {
      const auto [one, other] = kValues[pair];
      const bool is_swapped = (way >> pair & 1) != 0;
      sums.add_shares(is_swapped ? other : one, is_swapped ? one : other, allowance);
    }
    sum += std::exp(log_evidence(sums));
  }
  return sum / kWays;
}

TEST(PairEvidence, IsOnAverageAtMostOneOfSharesWithAnyAllowance) {
  for (const double allowance : {0.0, 0.01, 0.05, 0.3, 1.0, 10.0}) {
    EXPECT_LE(mean_evidence_of_shares(allowance), 1 + 1e-12) << allowance;
  }
}

TEST(PairEvidence, IsTheSameInEachUnit) {
  PairSums milliseconds, seconds;
  for (const auto& [updated, control] : {std::pair{60.0, 40.0}, {45.0, 50.0}, {90.0, 30.0}}) {
    milliseconds.add_shares(updated, control, 0.1);
    seconds.add_shares(updated / 1000, control / 1000, 0.1);
  }
  EXPECT_NEAR(log_evidence(milliseconds), log_evidence(seconds), 1e-12);
}

// The 65,536 ways in which 16 pairs with one difference each can fall out, looked at after each.
TEST(PairEvidence, RarelyReachesItsThresholdWithoutEffect) {
  int reached = 0;
  const auto all = all_signs(std::vector<double>(16, 1));
  for (const auto& differences : all) {
    PairSums sums;
    bool is_halted = false;
    for (const double difference : differences) {
      sums.add(difference, 0);
      is_halted |= rejects(sums, 0.05);
    }
    reached += is_halted ? 1 : 0;
  }
  EXPECT_GT(reached, 0);
  EXPECT_LE(reached, 0.05 * static_cast<double>(all.size()));
}

TEST(PairEvidence, GrowsWithDifferencesForTheWorseOnly) {
  EXPECT_GT(evidence_of({1, 1}), evidence_of({1}));
  EXPECT_LT(evidence_of({-1, -1}), 1);
  EXPECT_LT(evidence_of({1, -1}), 1);
  EXPECT_FALSE(rejects(sums_of(std::vector<double>(1000, -1)), 0.05));
  EXPECT_TRUE(rejects(sums_of(std::vector<double>(20, 1)), 0.05));
}

TEST(PairEvidence, SaysTheSameByItsShortWay) {
  for (int worse = 0; worse <= 40; ++worse) {
    std::vector<double> differences(40, -1);
    std::fill_n(differences.begin(), worse, 1);
    const PairSums sums = sums_of(differences);
    EXPECT_EQ(rejects(sums, 0.05), log_evidence(sums) >= std::log(20)) << worse;
  }
}

TEST(PairEvidence, NeedsNoScale) {
  for (const double unit : {0.05, 1.0, 1e3, 1e6, 1e8}) {
    EXPECT_TRUE(rejects({30, 25 * unit, 30 * unit * unit}, 0.05)) << unit;
  }
}

TEST(PairEvidence, OfBothDirectionsIsTheMean) {
  const PairSums worse = sums_of({3, 2, -1, 2});
  const PairSums better = sums_of({-3, -2, 1, -2});
  const double mean = (std::exp(log_evidence(worse)) + std::exp(log_evidence(better))) / 2;
  EXPECT_NEAR(std::exp(log_evidence_two_sided(worse)), mean, 1e-12);
  EXPECT_NEAR(std::exp(log_evidence_two_sided(better)), mean, 1e-12);
}

TEST(PairEvidence, CountsWhatIsNoNumberAsNoDifference) {
  PairSums sums;
  sums.add(kNaN, 1);
  sums.add(1, kNaN);
  sums.add(kInfinity, kNaN);
  sums.add(kInfinity, kInfinity);
  EXPECT_EQ(sums.pairs, 4);
  EXPECT_EQ(sums.sum, 0);
  EXPECT_EQ(sums.sum_of_squares, 0);
}

TEST(PairEvidence, StandsTheLargestValues) {
  PairSums sums;
  for (int pair = 0; pair < 1000; ++pair) sums.add(pair % 2 ? kInfinity : 1e300, -1e300);
  EXPECT_EQ(sums.sum, 1e15);
  EXPECT_TRUE(std::isfinite(log_evidence(sums)));
  EXPECT_TRUE(std::isfinite(log_evidence({1000, -1e15, 1e27})));
  EXPECT_FALSE(rejects(sums, 0.05));  // beyond the grid's scales: less power, no false halt
}

TEST(PairEvidence, HaltsRarelyForRareEventsWithoutEffect) { expect_few_false_halts(events(0.02)); }

TEST(PairEvidence, HaltsRarelyForCountsWithoutEffect) { expect_few_false_halts(counts(1)); }

TEST(PairEvidence, HaltsRarelyForVeryDifferentDevicesWithoutEffect) {
  expect_few_false_halts(mixed_counts({1, 0.05}));
}

TEST(PairEvidence, HaltsRarelyForHeapWithoutEffect) { expect_few_false_halts(lost_heap(140)); }

TEST(PairEvidence, HaltsRarelyForAnApplicationsMetricWithoutEffect) {
  expect_few_false_halts(latency(40), 0);
}

TEST(PairEvidence, FindsAMetricThatBecomesWorseThanAllowed) {
  EXPECT_GT(share_found({latency(40), latency(52), 0.05}, 500), 0.9);
  EXPECT_LT(share_found({latency(40), latency(42), 0.1}, 500), 0.05);
}

TEST(PairEvidence, FindsARareEventThatBecomesLessRare) {
  const auto pairs = pairs_needed({binary_effect({0.02, 0.07})});
  ASSERT_TRUE(pairs);
  EXPECT_LT(*pairs, 1500);
  EXPECT_GE(share_found({events(0.02), events(0.07)}, *pairs), 0.99);
}

TEST(PairEvidence, FindsASmallRiseOfCounts) {
  EXPECT_GE(share_found({counts(1), counts(1.05)}, 20000), 0.9);
}

TEST(PairEvidence, PlansForTheWantedPower) {
  const auto pairs = pairs_needed({count_effect({1, 1.2}), 0.05, 0.8});
  ASSERT_TRUE(pairs);
  const double share = share_found({counts(1), counts(1.2)}, *pairs);
  EXPECT_GE(share, 0.8);
  EXPECT_LT(share_found({counts(1), counts(1.2)}, *pairs / 2), 0.8);
}

TEST(PairEvidence, PlansMorePairsForLess) {
  const PairEffect effect = binary_effect({0.02, 0.07});
  const int64_t pairs = *pairs_needed({effect});
  EXPECT_GT(*pairs_needed({effect, 0.01}), pairs);
  EXPECT_LT(*pairs_needed({effect, 0.05, 0.5}), pairs);
  EXPECT_GT(*pairs_needed({binary_effect({0.02, 0.05})}), pairs);
}

TEST(PairEvidence, PlansNothingForWhatCannotBeFound) {
  EXPECT_FALSE(pairs_needed({binary_effect({0.02, 0.02})}));
  EXPECT_FALSE(pairs_needed({binary_effect({0.02, 0.01})}));
  EXPECT_FALSE(pairs_needed({{1e-9, 1}}));
  EXPECT_FALSE(pairs_needed({{kNaN, 1}}));
}

}  // namespace
}  // namespace otter::fleet
