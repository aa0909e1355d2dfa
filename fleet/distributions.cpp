#include "fleet/distributions.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace otter::fleet {
namespace {

constexpr int kSteps = 2000;           // 1e-300 of the normal distribution takes 700
constexpr int kFractionTerms = 20000;  // about the root of 10^8 degrees of freedom, twice
constexpr double kTiny = 1e-300;       // in place of 0 where the fraction divides

// Where a tail's probability has fallen to `probability`, by Newton's method from 0: tails are
// convex, so no step goes too far.
template <typename Tail, typename Density>
double distance_of(double probability, Tail tail, Density density) {
  double distance = 0;
  for (int step = 0; step < kSteps; ++step) {
    const double further = distance + (tail(distance) - probability) / density(distance);
    if (!(further > distance * (1 + std::numeric_limits<double>::epsilon()))) break;
    distance = further;
  }
  return distance;
}

double away_from_zero(double value) { return std::fabs(value) < kTiny ? kTiny : value; }

// I_x(a, b), with what x lacks to 1 as the caller computed it, for 1 - x would lose its digits.
struct IncompleteBeta {
  double a, b;
  double x, rest;

  IncompleteBeta mirrored() const { return {b, a, rest, x}; }

  double value() const {
    if (x <= 0) return 0;
    if (rest <= 0) return 1;
    // The fraction converges fast on this side only.
    return x > (a + 1) / (a + b + 2) ? 1 - mirrored().by_fraction() : by_fraction();
  }

 private:
  // Lentz's way to evaluate a continued fraction from its front.
  double by_fraction() const {
    double numerator = 1;
    double denominator = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
    double fraction = denominator;
    for (int m = 1; m < kFractionTerms; ++m) {
      const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
      const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
      denominator = 1 / away_from_zero(1 + even * denominator);
      numerator = away_from_zero(1 + even / numerator);
      fraction *= denominator * numerator;
      denominator = 1 / away_from_zero(1 + odd * denominator);
      numerator = away_from_zero(1 + odd / numerator);
      const double step = denominator * numerator;
      fraction *= step;
      if (std::fabs(step - 1) < std::numeric_limits<double>::epsilon()) break;
    }
    const double log_beta = std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b);
    return std::exp(a * std::log(x) + b * std::log(rest) - log_beta) * fraction / a;
  }
};

}  // namespace

double normal_quantile(double probability) {
  if (probability > 0.5) return -normal_quantile(1 - probability);
  const auto tail = [](double z) { return std::erfc(z / std::sqrt(2.0)) / 2; };
  const auto density = [](double z) {
    return std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
  };
  return -distance_of(probability, tail, density);
}

double student_two_sided(double t, double degrees_of_freedom) {
  const double square = t * t;
  if (std::isinf(square)) return 0;
  const double whole = degrees_of_freedom + square;
  return IncompleteBeta{degrees_of_freedom / 2, 0.5, degrees_of_freedom / whole, square / whole}
      .value();
}

double student_distance(double probability, double degrees_of_freedom) {
  const double half = degrees_of_freedom / 2;
  const double density_at_zero = std::exp(std::lgamma(half + 0.5) - std::lgamma(half)) /
                                 std::sqrt(2 * half * std::numbers::pi);
  const auto tail = [&](double t) { return student_two_sided(t, degrees_of_freedom); };
  const auto density = [&](double t) {
    return 2 * density_at_zero * std::exp(-(half + 0.5) * std::log1p(t * t / degrees_of_freedom));
  };
  return distance_of(probability, tail, density);
}

}  // namespace otter::fleet
