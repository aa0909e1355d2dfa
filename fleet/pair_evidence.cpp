#include "fleet/pair_evidence.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "fleet/distributions.h"

namespace otter::fleet {
namespace {

constexpr double kDifferenceMax = 1e12;
constexpr double kPairsMax = 1e12;

// The lambdas are powers of 2: between two of them, exp(lambda S - lambda^2 V / 2) keeps at least
// 8/9 of the exponent of the best lambda, S / V.
//
// For events and for Poisson counts the best lambda is (p1 - p0) / (p1 + p0), whatever their rate:
// 2^-7 to 2^0 are relative rises from 1.6 % on, and get half of the weight, so that they pay for
// few lambdas. The other half serves all other scales, 2^-32 to 2^-8 and 2^1 to 2^7.
constexpr int kExponentMin = -32;
constexpr int kExponentMax = 7;
constexpr int kCountExponentMin = -7;
constexpr int kCountExponentMax = 0;
constexpr int kLambdas = kExponentMax - kExponentMin + 1;
constexpr int kCountLambdas = kCountExponentMax - kCountExponentMin + 1;

struct Lambda {
  double value;
  double log_weight;
};

std::array<Lambda, kLambdas> make_grid() {
  std::array<Lambda, kLambdas> grid{};
  for (int index = 0; index < kLambdas; ++index) {
    const int exponent = kExponentMin + index;
    const bool is_for_counts = kCountExponentMin <= exponent && exponent <= kCountExponentMax;
    const int sharers = is_for_counts ? kCountLambdas : kLambdas - kCountLambdas;
    grid[index] = {std::ldexp(1, exponent), -std::log(2.0 * sharers)};
  }
  return grid;
}

const std::array<Lambda, kLambdas>& grid() {
  static const std::array<Lambda, kLambdas> kGrid = make_grid();
  return kGrid;
}

// log(sum of exp(x)) of what is added, without the numbers that would overflow.
class LogSum {
 public:
  void add(double exponent) {
    if (exponent > largest_) {
      sum_ = sum_ * std::exp(largest_ - exponent) + 1;
      largest_ = exponent;
    } else {
      sum_ += std::exp(exponent - largest_);
    }
  }

  double value() const { return largest_ + std::log(sum_); }

 private:
  double largest_ = std::numeric_limits<double>::lowest();
  double sum_ = 0;
};

// The square root of the number of pairs after which this lambda alone finds the effect, see
// pairs_needed(); nothing if it never does.
std::optional<double> root_of_pairs(const Lambda& lambda, const PairPlan& plan) {
  const PairEffect& effect = plan.effect;
  const double spread = std::max(0.0, effect.mean_square - effect.mean * effect.mean);
  const double drift =
      lambda.value * effect.mean - lambda.value * lambda.value * effect.mean_square / 2;
  if (!(drift > 0)) return std::nullopt;
  const double luck = lambda.value * normal_quantile(plan.power) * std::sqrt(spread);
  const double price = -std::log(plan.alpha) - lambda.log_weight;
  return (luck + std::sqrt(luck * luck + 4 * drift * price)) / (2 * drift);
}

}  // namespace

void PairSums::add(double updated, double control) {
  double difference = std::isnan(updated) || std::isnan(control) ? 0 : updated - control;
  if (std::isnan(difference)) difference = 0;  // both infinite
  difference = std::clamp(difference, -kDifferenceMax, kDifferenceMax);
  ++pairs;
  sum += difference;
  sum_of_squares += difference * difference;
}

void PairSums::add_shares(double updated, double control, double allowance) {
  const double larger = std::max(std::abs(updated), std::abs(control));
  if (larger == 0) return add(0, 0);
  add(updated / larger, (control + allowance * std::abs(control)) / larger);
}

double log_evidence(const PairSums& sums) {
  LogSum evidence;
  for (const Lambda& lambda : grid()) {
    evidence.add(lambda.log_weight + lambda.value * sums.sum -
                 lambda.value * lambda.value * sums.sum_of_squares / 2);
  }
  return evidence.value();
}

double log_evidence_two_sided(const PairSums& sums) {
  LogSum evidence;
  evidence.add(log_evidence(sums));
  evidence.add(log_evidence({sums.pairs, -sums.sum, sums.sum_of_squares}));
  return evidence.value() - std::log(2.0);
}

bool rejects(const PairSums& sums, double alpha) {
  const double threshold = -std::log(alpha);
  // No lambda has a larger exponent than S^2 / (2 V), so neither has their mean.
  if (sums.sum <= 0 || sums.sum * sums.sum < 2 * threshold * sums.sum_of_squares) return false;
  return log_evidence(sums) >= threshold;
}

PairEffect binary_effect(const PairMeans& means) {
  return {means.updated - means.control,
          means.updated * (1 - means.control) + means.control * (1 - means.updated)};
}

PairEffect count_effect(const PairMeans& means) {
  const double difference = means.updated - means.control;
  return {difference, means.updated + means.control + difference * difference};
}

std::optional<int64_t> pairs_needed(const PairPlan& plan) {
  double pairs = std::numeric_limits<double>::infinity();
  for (const Lambda& lambda : grid()) {
    const std::optional<double> root = root_of_pairs(lambda, plan);
    if (root) pairs = std::min(pairs, *root * *root);
  }
  if (!(pairs <= kPairsMax)) return std::nullopt;
  return static_cast<int64_t>(std::ceil(pairs));
}

}  // namespace otter::fleet
