#include "fleet/two_samples.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "fleet/distributions.h"

namespace otter::fleet {
namespace {

// Tables as likely as the observed one count, whatever rounding makes of their chances.
constexpr double kEquallyLikely = 1 + 1e-7;
constexpr double kNegligible = 1e-20;

// All tables with the margins of the observed one, by what the arm has of the successes. Chances
// are relative to that of the likeliest table, so nothing overflows.
class Tables {
 public:
  explicit Tables(const TwoProportions& two)
      : arm_(static_cast<double>(two.arm.devices)),
        control_(static_cast<double>(two.control.devices)),
        successes_(static_cast<double>(two.arm.successes + two.control.successes)),
        least_(std::max(0.0, successes_ - control_)),
        most_(std::min(arm_, successes_)),
        likeliest_(std::clamp(std::floor((successes_ + 1) * (arm_ + 1) / (arm_ + control_ + 2)),
                              least_, most_)) {}

  double share_no_likelier_than(double observed) {
    limit_ = chance_of(observed) * kEquallyLikely;
    count(1);
    double chance = 1;
    for (double table = likeliest_; table < most_ && matters(chance); ++table) {
      count(chance *= step_up(table));
    }
    chance = 1;
    for (double table = likeliest_; table > least_ && matters(chance); --table) {
      count(chance /= step_up(table - 1));
    }
    return std::min(1.0, tail_ / whole_);
  }

 private:
  // The chance of the next table over that of this one.
  double step_up(double table) const {
    return (arm_ - table) * (successes_ - table) /
           ((table + 1) * (control_ - successes_ + table + 1));
  }

  double chance_of(double observed) const {
    double chance = 1;
    for (double table = likeliest_; table < observed; ++table) chance *= step_up(table);
    for (double table = likeliest_; table > observed; --table) chance /= step_up(table - 1);
    return chance;
  }

  bool matters(double chance) const { return chance > limit_ * kNegligible; }

  void count(double chance) {
    whole_ += chance;
    if (chance <= limit_) tail_ += chance;
  }

  double arm_, control_, successes_;
  double least_, most_, likeliest_;
  double limit_ = 0, whole_ = 0, tail_ = 0;
};

double square(double value) { return value * value; }

// What Welch's method makes of two samples.
struct Welch {
  double difference;
  double error;  // the standard error of the difference
  double degrees_of_freedom;
};

std::optional<Welch> welch(const TwoSamples& samples) {
  if (samples.arm.devices < 2 || samples.control.devices < 2) return std::nullopt;
  const auto freedom = [](const Sample& sample) { return static_cast<double>(sample.devices - 1); };
  const auto variance_of_mean = [&](const Sample& sample) {
    return sample.squared_deviations / freedom(sample) / static_cast<double>(sample.devices);
  };
  const double arm = variance_of_mean(samples.arm);
  const double control = variance_of_mean(samples.control);
  if (!(arm + control > 0)) return std::nullopt;
  // As shares of the whole, so that the squares neither overflow nor vanish.
  const double share = arm / (arm + control);
  return Welch{
      samples.arm.mean - samples.control.mean, std::sqrt(arm + control),
      1 / (square(share) / freedom(samples.arm) + square(1 - share) / freedom(samples.control))};
}

}  // namespace

double Proportion::value() const {
  return devices > 0 ? static_cast<double>(successes) / static_cast<double>(devices) : 0;
}

void Sample::add(double value) {
  ++devices;
  const double step = value - mean;
  mean += step / static_cast<double>(devices);
  squared_deviations += step * (value - mean);
}

Interval wilson_interval(const Proportion& proportion, double level) {
  if (proportion.devices == 0) return {0, 1};
  const auto devices = static_cast<double>(proportion.devices);
  const double z2 = square(normal_quantile(0.5 + level / 2));
  const double value = proportion.value();
  const double centre = value + z2 / (2 * devices);
  const double reach = std::sqrt(z2 * (value * (1 - value) / devices + z2 / square(2 * devices)));
  const double scale = 1 + z2 / devices;
  return {std::max(0.0, (centre - reach) / scale), std::min(1.0, (centre + reach) / scale)};
}

Interval newcombe_interval(const TwoProportions& proportions, double level) {
  const double arm = proportions.arm.value();
  const double control = proportions.control.value();
  const Interval of_arm = wilson_interval(proportions.arm, level);
  const Interval of_control = wilson_interval(proportions.control, level);
  return {arm - control - std::hypot(arm - of_arm.low, of_control.high - control),
          arm - control + std::hypot(of_arm.high - arm, control - of_control.low)};
}

double fisher_p(const TwoProportions& proportions) {
  return Tables(proportions).share_no_likelier_than(static_cast<double>(proportions.arm.successes));
}

Interval welch_interval(const TwoSamples& samples, double level) {
  const std::optional<Welch> found = welch(samples);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (!found) return {-kInfinity, kInfinity};
  const double reach = found->error * student_distance(1 - level, found->degrees_of_freedom);
  return {found->difference - reach, found->difference + reach};
}

double welch_p(const TwoSamples& samples) {
  const std::optional<Welch> found = welch(samples);
  return found ? student_two_sided(found->difference / found->error, found->degrees_of_freedom) : 1;
}

}  // namespace otter::fleet
