// Fleets of devices whose values follow a given distribution, and the rollout that looks at the
// evidence after every pair. For tests and bench/pair_evidence.cpp only.
#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "fleet/pair_evidence.h"

namespace otter::fleet {

// Draws from probabilities of the values 0, step, 2 step, ..., exactly but for the last bit.
class Population {
 public:
  explicit Population(const std::vector<double>& weights, double step = 1) : step_(step) {
    double whole = 0;
    for (const double weight : weights) whole += weight;
    double below = 0;
    for (const double weight : weights) below_.push_back((below += weight) / whole);
    below_.back() = 1;
    for (size_t cell = 0, value = 0; cell < kCells; ++cell) {
      while (below_[value] <= static_cast<double>(cell) / kCells) ++value;
      first_.push_back(value);
    }
  }

  double draw(std::mt19937_64& random) const {
    const double place = static_cast<double>(random() >> 11) * 0x1p-53;
    size_t value = first_[static_cast<size_t>(place * kCells)];
    while (below_[value] <= place) ++value;
    return std::min(static_cast<double>(value) * step_, cap_);
  }

  // The same devices, of which no value counts for more than `cap`.
  Population capped(double cap) const {
    Population population = *this;
    population.cap_ = cap;
    return population;
  }

 private:
  static constexpr size_t kCells = 4096;

  double step_;
  double cap_ = 1e300;
  std::vector<double> below_;  // [value] the probability of this value or less
  std::vector<size_t> first_;  // [cell] the least value that a place in this cell can mean
};

// An event, such as an abnormal reset, that happens to a device or doesn't.
inline Population events(double probability) { return Population({1 - probability, probability}); }

// Poisson counts.
inline Population counts(double mean) {
  std::vector<double> weights{std::exp(-mean)};
  while (weights.back() > 1e-18 || static_cast<double>(weights.size()) < mean) {
    weights.push_back(weights.back() * mean / static_cast<double>(weights.size()));
  }
  return Population(weights);
}

// The same, but one device in 1,000 counts 1,000, whatever the others do.
inline Population counts_with_outliers(double mean) {
  std::vector<double> weights{0.999 * std::exp(-mean)};
  for (int value = 1; value <= 1000; ++value) weights.push_back(weights.back() * mean / value);
  weights.back() = 0.001;
  return Population(weights);
}

// Poisson counts of devices whose rates are Gamma distributed: the negative binomial distribution.
// The smaller the shape, the fewer devices have nearly all events.
struct MixedCounts {
  double mean;
  double shape;
};

inline Population mixed_counts(const MixedCounts& counts) {
  const double ratio = counts.mean / (counts.mean + counts.shape);
  std::vector<double> weights{std::pow(1 - ratio, counts.shape)};
  while (weights.back() > 1e-18) {
    const auto value = static_cast<double>(weights.size());
    weights.push_back(weights.back() * ratio * (value - 1 + counts.shape) / value);
  }
  return Population(weights);
}

// Lost heap [KiB] in steps of 16 bytes, normal around `mean` with a deviation of 12 KiB.
inline Population lost_heap(double mean) {
  constexpr double kStep = 1.0 / 64, kDeviation = 12, kHeap = 320;
  std::vector<double> weights;
  for (double heap = 0; heap < kHeap; heap += kStep) {
    const double z = (heap - mean) / kDeviation;
    weights.push_back(std::exp(-z * z / 2));
  }
  return Population(weights, kStep);
}

// A time that an application measures [ms], log-normal around the median with a deviation of half
// of it.
inline Population latency(double median) {
  constexpr double kDeviation = 0.5, kMax = 1000;
  std::vector<double> weights{0};
  for (double value = 1; value < kMax; ++value) {
    const double z = std::log(value / median) / kDeviation;
    weights.push_back(std::exp(-z * z / 2) / value);
  }
  return Population(weights);
}

struct Fleet {
  Population control;
  Population updated;
  double allowance = -1;  // [1 of the control's value]; below 0: values are compared as they are
  void add_pair(PairSums& sums, std::mt19937_64& random) const {
    const double of_control = control.draw(random);
    const double of_updated = updated.draw(random);
    if (allowance < 0) return sums.add(of_updated, of_control);
    sums.add_shares(of_updated, of_control, allowance);
  }
};

inline Fleet without_effect(const Population& population, double allowance = -1) {
  return {population, population, allowance};
}

// For each level, the largest first: after how many pairs the rollout would have been halted,
// looking after each; pairs_max + 1 if it wasn't.
struct Looks {
  std::vector<double> alphas{0.05, 0.01};
  int64_t pairs_max = 10000;
};

inline std::vector<int64_t> halts(const Fleet& fleet, const Looks& looks, std::mt19937_64& random) {
  std::vector<int64_t> pairs;
  PairSums sums;
  while (sums.pairs < looks.pairs_max && pairs.size() < looks.alphas.size()) {
    fleet.add_pair(sums, random);
    while (pairs.size() < looks.alphas.size() && rejects(sums, looks.alphas[pairs.size()])) {
      pairs.push_back(sums.pairs);
    }
  }
  pairs.resize(looks.alphas.size(), looks.pairs_max + 1);
  return pairs;
}

}  // namespace otter::fleet
