// An experiment: two or more arms, the first of which is the control, and what may be concluded
// while it runs. docs/spec/statistics.md. Pure, any thread.
//
// Whether an arm is better is decided by the evidence of pairs (fleet/pair_evidence.h), which may
// be asked at any time. Interval and p_fixed beside it are those of a sample that is looked at
// once: for people, at the planned end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "fleet/pair_evidence.h"
#include "fleet/two_samples.h"

namespace otter::fleet {

struct BinaryArm {
  Proportion outcome;
  PairSums pairs;  // with devices of the control, the arm's as `updated`; unused in the control
};

struct NumericArm {
  Sample outcome;
  PairSums pairs;  // as above
};

// Pairs the k-th device that entered an arm with the k-th that entered the control, as many as both
// have. A success is 1.
//
// REQUIRES: values in the order in which devices entered, of observations of equal length; devices
//           were dealt to both arms by chance, in equal shares, over the same time
PairSums pairs_by_arrival(const std::vector<double>& arm, const std::vector<double>& control);

struct ExperimentPlan {
  double alpha = 0.05;           // the chance of any false finding, over all arms and all looks
  int64_t devices_min = 0;       // in each of both arms, before anything is concluded
  int64_t devices_planned = 0;   // in each arm, when the experiment ends without a finding
  bool is_lower_better = false;  // otherwise the larger value, or the success, is better
};

enum class Finding { undecided, no_difference_found, better, worse };

// An arm against the control.
struct Comparison {
  double difference = 0;  // arm - control, of means or of shares of successes
  // All arms' intervals together hold all true differences with a chance of about 1 - alpha, if
  // looked at once: Bonferroni, for Holm has no intervals.
  Interval interval;
  // Both adjusted for the number of arms by Holm's method: what is at most alpha is found.
  double p_fixed = 1;       // two-sided; Fisher's exact test or Welch's. If looked at once
  double p_sequential = 1;  // two-sided, at any time
  Finding finding = Finding::undecided;
};

// One comparison for each arm but the control: that of arms[i] is [i - 1].
//
// REQUIRES: 0 < alpha < 1
// Source:   Holm, Scandinavian Journal of Statistics 6 (1979) 65
std::vector<Comparison> compare(const std::vector<BinaryArm>& arms, const ExperimentPlan& plan);
std::vector<Comparison> compare(const std::vector<NumericArm>& arms, const ExperimentPlan& plan);

enum class Outcome { undecided, no_difference_found, arm_wins };

struct Verdict {
  Outcome outcome = Outcome::undecided;
  std::optional<size_t> winner;  // the arm, if one wins
};

// The winner is better than the control: of several, the one with the largest difference, which
// need not be better than the others. The control wins if all other arms are worse. Without a
// winner, the verdict waits until every arm has a finding. Later pairs can take a verdict back: who
// acts upon the first one keeps to alpha all the same.
Verdict verdict(const std::vector<Comparison>& comparisons, const ExperimentPlan& plan);

}  // namespace otter::fleet
