#include "fleet/experiment.h"

#include <gtest/gtest.h>

#include <cmath>

#include "fleet/pair_fixture.h"

namespace otter::fleet {
namespace {

// `pairs` pairs of which the arm had the outcome alone in `arm` and the control in `control`.
struct Won {
  int64_t arm = 0;
  int64_t control = 0;
};

BinaryArm arm_of(const Proportion& outcome, const Won& won = {}) {
  BinaryArm arm{outcome, {}};
  for (int64_t pair = 0; pair < won.arm; ++pair) arm.pairs.add(1, 0);
  for (int64_t pair = 0; pair < won.control; ++pair) arm.pairs.add(0, 1);
  return arm;
}

const BinaryArm kControl = arm_of({100, 50});
const BinaryArm kBetter = arm_of({100, 80}, {35, 5});
const BinaryArm kMuchBetter = arm_of({100, 90}, {42, 2});
const BinaryArm kSame = arm_of({100, 52}, {26, 24});
const BinaryArm kWorse = arm_of({100, 20}, {5, 35});

ExperimentPlan plan_of(int64_t devices_min, int64_t devices_planned) {
  return {0.05, devices_min, devices_planned, false};
}

Verdict verdict_of(const std::vector<BinaryArm>& arms, const ExperimentPlan& plan) {
  return verdict(compare(arms, plan), plan);
}

void expect_winner(const std::vector<BinaryArm>& arms, size_t winner) {
  const Verdict result = verdict_of(arms, plan_of(50, 1000));
  EXPECT_EQ(result.outcome, Outcome::arm_wins);
  EXPECT_EQ(result.winner, winner);
}

// An experiment with arms from one population, looked at after each device of each arm.
template <typename Arm, typename Enter>
bool has_false_winner(const Population& population, size_t arms_count, Enter enter,
                      std::mt19937_64& random) {
  const ExperimentPlan plan = plan_of(20, 400);
  std::vector<Arm> arms(arms_count);
  for (int64_t device = 0; device < plan.devices_planned; ++device) {
    const double control = population.draw(random);
    enter(arms[0], control);
    for (size_t arm = 1; arm < arms.size(); ++arm) {
      const double value = population.draw(random);
      enter(arms[arm], value);
      arms[arm].pairs.add(value, control);
    }
    if (verdict(compare(arms, plan), plan).winner) return true;
  }
  return false;
}

template <typename Arm, typename Enter>
void expect_few_false_winners(const Population& population, size_t arms, Enter enter) {
  constexpr int kRuns = 200;
  std::mt19937_64 random(5);
  int wins = 0;
  for (int run = 0; run < kRuns; ++run) {
    wins += has_false_winner<Arm>(population, arms, enter, random) ? 1 : 0;
  }
  EXPECT_LE(wins, kRuns * 0.05 + 3 * std::sqrt(kRuns * 0.05 * 0.95));
}

void enter_binary(BinaryArm& arm, double value) {
  ++arm.outcome.devices;
  arm.outcome.successes += value > 0 ? 1 : 0;
}

TEST(Experiment, PairsDevicesByArrival) {
  const PairSums sums = pairs_by_arrival({1, 0, 5}, {0, 3});
  EXPECT_EQ(sums.pairs, 2);
  EXPECT_EQ(sums.sum, 1 - 3);
  EXPECT_EQ(sums.sum_of_squares, 1 + 9);
}

TEST(Experiment, ComparesSharesOfSuccesses) {
  const Comparison comparison =
      compare({arm_of({80, 48}), arm_of({70, 56}, {30, 10})}, plan_of(0, 100)).at(0);
  EXPECT_NEAR(comparison.difference, 0.2, 1e-12);
  EXPECT_NEAR(comparison.interval.low, 0.0524, 5e-5);
  EXPECT_NEAR(comparison.interval.high, 0.3339, 5e-5);
  EXPECT_EQ(comparison.p_fixed, fisher_p({{70, 56}, {80, 48}}));
  EXPECT_NEAR(comparison.p_sequential, std::exp(-log_evidence_two_sided({40, 20, 40})), 1e-12);
}

TEST(Experiment, ComparesMeans) {
  NumericArm control, arm;
  for (const double value : {7, 9, 8, 6}) control.outcome.add(value);
  for (const double value : {9, 12, 10}) arm.outcome.add(value);
  const Comparison comparison = compare({control, arm}, plan_of(0, 100)).at(0);
  EXPECT_NEAR(comparison.difference, 31 / 3.0 - 7.5, 1e-12);
  EXPECT_EQ(comparison.p_fixed, welch_p({arm.outcome, control.outcome}));
  EXPECT_EQ(comparison.interval.low, welch_interval({arm.outcome, control.outcome}, 0.95).low);
  EXPECT_NEAR(comparison.p_sequential, 1, 1e-12);
}

TEST(Experiment, AdjustsForTheNumberOfArmsAsHolmDoes) {
  const auto alone = compare({kControl, kBetter}, plan_of(0, 100)).at(0);
  const auto second = compare({kControl, kSame}, plan_of(0, 100)).at(0);
  const auto both = compare({kControl, kSame, kBetter}, plan_of(0, 100));
  EXPECT_DOUBLE_EQ(both.at(1).p_fixed, 2 * alone.p_fixed);
  EXPECT_DOUBLE_EQ(both.at(1).p_sequential, 2 * alone.p_sequential);
  EXPECT_DOUBLE_EQ(both.at(0).p_fixed, second.p_fixed);
  EXPECT_LT(both.at(1).interval.low, alone.interval.low);
}

TEST(Experiment, NamesTheWinner) {
  expect_winner({kControl, kBetter}, 1);
  expect_winner({kControl, kBetter, kMuchBetter}, 2);
  expect_winner({kControl, kMuchBetter, kBetter, kSame}, 1);
  expect_winner({kControl, kWorse}, 0);
}

TEST(Experiment, GoesByTheMetricsDirection) {
  ExperimentPlan plan = plan_of(50, 1000);
  plan.is_lower_better = true;
  EXPECT_EQ(verdict_of({kControl, kWorse, kBetter}, plan).winner, 1u);
  EXPECT_EQ(verdict_of({kControl, kBetter}, plan).winner, 0u);
}

TEST(Experiment, WaitsForTheLeastSample) {
  EXPECT_EQ(verdict_of({kControl, kBetter}, plan_of(101, 1000)).outcome, Outcome::undecided);
  EXPECT_EQ(verdict_of({kControl, kBetter}, plan_of(100, 1000)).outcome, Outcome::arm_wins);
  const BinaryArm small_control = arm_of({99, 49});
  EXPECT_EQ(verdict_of({small_control, kBetter}, plan_of(100, 1000)).outcome, Outcome::undecided);
}

// However small the p-value of one look.
TEST(Experiment, DoesNotGoByTheFixedSample) {
  const BinaryArm unpaired = arm_of({100, 80});
  EXPECT_LT(compare({kControl, unpaired}, plan_of(50, 1000)).at(0).p_fixed, 1e-4);
  EXPECT_EQ(verdict_of({kControl, unpaired}, plan_of(50, 1000)).outcome, Outcome::undecided);
}

TEST(Experiment, EndsAtThePlannedSample) {
  EXPECT_EQ(verdict_of({kControl, kSame}, plan_of(50, 101)).outcome, Outcome::undecided);
  EXPECT_EQ(verdict_of({kControl, kSame}, plan_of(50, 100)).outcome, Outcome::no_difference_found);
  EXPECT_EQ(verdict_of({kControl, kSame}, plan_of(200, 100)).outcome, Outcome::undecided);
}

TEST(Experiment, SaysWhichArmsAreWorseWithoutAWinner) {
  const auto comparisons = compare({kControl, kSame, kWorse}, plan_of(50, 100));
  EXPECT_EQ(comparisons.at(0).finding, Finding::no_difference_found);
  EXPECT_EQ(comparisons.at(1).finding, Finding::worse);
  EXPECT_EQ(verdict(comparisons, plan_of(50, 100)).outcome, Outcome::no_difference_found);
}

TEST(Experiment, IsUndecidedWithoutAnArmToCompare) {
  EXPECT_TRUE(compare(std::vector<BinaryArm>(), plan_of(0, 0)).empty());
  EXPECT_EQ(verdict_of({kControl}, plan_of(0, 0)).outcome, Outcome::undecided);
}

TEST(Experiment, RarelyHasAFalseWinner) {
  expect_few_false_winners<BinaryArm>(events(0.3), 2, enter_binary);
}

TEST(Experiment, RarelyHasAFalseWinnerAmongSeveralArms) {
  expect_few_false_winners<BinaryArm>(events(0.5), 4, enter_binary);
}

TEST(Experiment, RarelyHasAFalseWinnerOfHeavyTails) {
  const auto enter = [](NumericArm& arm, double value) { arm.outcome.add(value); };
  expect_few_false_winners<NumericArm>(mixed_counts({3, 0.1}), 3, enter);
}

}  // namespace
}  // namespace otter::fleet
