// An arm of an experiment beside its control, both looked at once: confidence intervals and
// p-values of a fixed sample. Who looks again and again, and stops when he likes what he sees, must
// go by fleet/experiment.h. docs/spec/statistics.md. Pure, any thread.
#pragma once

#include <cstdint>

namespace otter::fleet {

struct Interval {
  double low = 0;
  double high = 0;
};

// How many of some devices had an outcome.
//
// REQUIRES: 0 <= successes <= devices
struct Proportion {
  int64_t devices = 0;
  int64_t successes = 0;

  double value() const;  // 0 without devices
};

// One number of each device.
struct Sample {
  int64_t devices = 0;
  double mean = 0;
  double squared_deviations = 0;  // the sum of (value - mean)^2

  // Source: Welford, Technometrics 4 (1962) 419: subtracts no large sums from each other
  void add(double value);
};

struct TwoProportions {
  Proportion arm;
  Proportion control;
};

struct TwoSamples {
  Sample arm;
  Sample control;
};

// [0, 1] without devices.
//
// REQUIRES: 0 < level < 1
// Source:   Wilson, Journal of the American Statistical Association 22 (1927) 209
Interval wilson_interval(const Proportion& proportion, double level);

// Of arm - control: keeps its level with few devices and with rare outcomes, and stays within
// [-1, 1].
//
// REQUIRES: 0 < level < 1
// Source:   Newcombe, Statistics in Medicine 17 (1998) 873, method 10
Interval newcombe_interval(const TwoProportions& proportions, double level);

// Fisher's exact test, two-sided: the chance, given all margins, of a table that is no likelier
// than this one. Never rejects too often, however few the devices; with few it rejects too rarely.
//
// Cost: about 100 times the root of the smaller arm
double fisher_p(const TwoProportions& proportions);

// Of arm - control, by Student's distribution with Welch's degrees of freedom: the arms may spread
// differently. The whole line where the spread is not known: an arm of one device, or none that
// differs from another of its arm.
//
// REQUIRES: 0 < level < 1
// Source:   Welch, Biometrika 34 (1947) 28
Interval welch_interval(const TwoSamples& samples, double level);

// Two-sided; 1 where the spread is not known.
double welch_p(const TwoSamples& samples);

}  // namespace otter::fleet
