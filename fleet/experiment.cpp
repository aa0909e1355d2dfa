#include "fleet/experiment.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace otter::fleet {
namespace {

double difference_of(const TwoProportions& two) { return two.arm.value() - two.control.value(); }
double difference_of(const TwoSamples& two) { return two.arm.mean - two.control.mean; }
Interval interval_of(const TwoProportions& two, double level) {
  return newcombe_interval(two, level);
}
Interval interval_of(const TwoSamples& two, double level) { return welch_interval(two, level); }
double p_of(const TwoProportions& two) { return fisher_p(two); }
double p_of(const TwoSamples& two) { return welch_p(two); }
TwoProportions two_of(const BinaryArm& arm, const BinaryArm& control) {
  return {arm.outcome, control.outcome};
}
TwoSamples two_of(const NumericArm& arm, const NumericArm& control) {
  return {arm.outcome, control.outcome};
}

// Holm: the least of m p-values counts m times, the next m - 1 times, and none less than one
// before.
void adjust(std::vector<Comparison>& comparisons, double Comparison::* p) {
  std::vector<size_t> order(comparisons.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return comparisons[a].*p < comparisons[b].*p; });
  double largest = 0;
  for (size_t rank = 0; rank < order.size(); ++rank) {
    double& value = comparisons[order[rank]].*p;
    largest = std::max(largest, std::min(1.0, value * static_cast<double>(order.size() - rank)));
    value = largest;
  }
}

// The direction of the pairs' sum, not of the difference: only it is what was shown.
Finding finding_of(const Comparison& comparison, const PairSums& pairs, const ExperimentPlan& plan,
                   int64_t devices) {
  if (devices >= plan.devices_min && comparison.p_sequential <= plan.alpha) {
    return (pairs.sum < 0) == plan.is_lower_better ? Finding::better : Finding::worse;
  }
  const bool is_over = devices >= std::max(plan.devices_planned, plan.devices_min);
  return is_over ? Finding::no_difference_found : Finding::undecided;
}

template <typename Arm>
std::vector<Comparison> compare_arms(const std::vector<Arm>& arms, const ExperimentPlan& plan) {
  if (arms.size() < 2) return {};
  const double level = 1 - plan.alpha / static_cast<double>(arms.size() - 1);
  std::vector<Comparison> comparisons(arms.size() - 1);
  for (size_t index = 0; index < comparisons.size(); ++index) {
    const auto two = two_of(arms[index + 1], arms[0]);
    comparisons[index].difference = difference_of(two);
    comparisons[index].interval = interval_of(two, level);
    comparisons[index].p_fixed = p_of(two);
    comparisons[index].p_sequential =
        std::min(1.0, std::exp(-log_evidence_two_sided(arms[index + 1].pairs)));
  }
  adjust(comparisons, &Comparison::p_fixed);
  adjust(comparisons, &Comparison::p_sequential);
  for (size_t index = 0; index < comparisons.size(); ++index) {
    const Arm& arm = arms[index + 1];
    const int64_t devices = std::min(arm.outcome.devices, arms[0].outcome.devices);
    comparisons[index].finding = finding_of(comparisons[index], arm.pairs, plan, devices);
  }
  return comparisons;
}

}  // namespace

PairSums pairs_by_arrival(const std::vector<double>& arm, const std::vector<double>& control) {
  PairSums sums;
  for (size_t pair = 0; pair < std::min(arm.size(), control.size()); ++pair) {
    sums.add(arm[pair], control[pair]);
  }
  return sums;
}

std::vector<Comparison> compare(const std::vector<BinaryArm>& arms, const ExperimentPlan& plan) {
  return compare_arms(arms, plan);
}

std::vector<Comparison> compare(const std::vector<NumericArm>& arms, const ExperimentPlan& plan) {
  return compare_arms(arms, plan);
}

Verdict verdict(const std::vector<Comparison>& comparisons, const ExperimentPlan& plan) {
  Verdict result;
  size_t worse = 0, undecided = 0;
  double best = 0;
  for (size_t index = 0; index < comparisons.size(); ++index) {
    const Comparison& comparison = comparisons[index];
    const double gain = plan.is_lower_better ? -comparison.difference : comparison.difference;
    worse += comparison.finding == Finding::worse ? 1 : 0;
    undecided += comparison.finding == Finding::undecided ? 1 : 0;
    if (comparison.finding == Finding::better && (!result.winner || gain > best)) {
      result.winner = index + 1;
      best = gain;
    }
  }
  if (!comparisons.empty() && worse == comparisons.size()) result.winner = 0;
  if (result.winner) {
    result.outcome = Outcome::arm_wins;
  } else if (!comparisons.empty() && undecided == 0) {
    result.outcome = Outcome::no_difference_found;
  }
  return result;
}

}  // namespace otter::fleet
