// Evidence that updated devices do worse than devices not yet updated, from pairs of both: the
// sequential test by which a rollout is halted. It may be asked after every pair, for ever.
// docs/spec/statistics.md. Pure, any thread.
//
// Of the values it assumes nothing, neither distribution nor scale. If the update changes nothing,
// then which of a pair's two values is the updated device's is a coin's throw, and that is all:
// given |d|, the difference d is as likely above 0 as below.
#pragma once

#include <cstdint>
#include <optional>

namespace otter::fleet {

// All that has to be remembered of the pairs.
struct PairSums {
  int64_t pairs = 0;
  double sum = 0;             // of the differences, updated less control
  double sum_of_squares = 0;  // of the differences

  // Counts one pair; larger values are worse. What is no number counts as no difference, and a
  // difference of more than 10^12 as one of 10^12: both treat the two devices alike.
  //
  // REQUIRES: the control was drawn at random and observed over the same time; each device is in
  //           one pair, once; whether and when a pair is added does not depend on which of its two
  //           devices did worse
  void add(double updated, double control);
  // The same of values whose unit is anybody's: a difference is a share of the larger one of both,
  // without its sign, so from -2 to 2. Less the allowance, 0 or more [1 of the control's value]:
  // what the updated device may do worse.
  void add_shares(double updated, double control, double allowance);
};

// The logarithm of the evidence that updated devices do worse. Without an effect, the chance that
// it ever reaches log(1 / alpha) is at most alpha.
//
// REQUIRES: sums that add() made
// Source:   de la Pena, Annals of Probability 27 (1999) 537, lemma 6.1; Ville 1939; the mixture:
//           Robbins, Annals of Mathematical Statistics 41 (1970) 1397
double log_evidence(const PairSums& sums);

// The same for a difference in either direction: the mean of the evidence of both.
//
// REQUIRES: sums that add() made
double log_evidence_two_sided(const PairSums& sums);

// Is it shown, at this level, that updated devices do worse?
//
// REQUIRES: 0 < alpha < 1, sums that add() made
// Cost:     three multiplications where the answer is plainly no
bool rejects(const PairSums& sums, double alpha);

// What an effect does to the differences of pairs.
struct PairEffect {
  double mean = 0;
  double mean_square = 0;
};

struct PairMeans {
  double control = 0;
  double updated = 0;
};

// Of an event that happens to a device or doesn't; the means are probabilities.
PairEffect binary_effect(const PairMeans& means);
// Of Poisson counts.
PairEffect count_effect(const PairMeans& means);

struct PairPlan {
  PairEffect effect;
  double alpha = 0.05;
  double power = 0.99;  // the wanted chance that the effect is found
};

// About how many pairs it takes; nothing if the effect is none, or too small for the grid or for
// any fleet (10^12 pairs).
//
// Evidence is a weighted mean over lambda, so at least weight * exp(lambda S - lambda^2 V / 2) for
// each. After n pairs S is about normal, with mean n m and variance n (q - m^2), and V about n q,
// where m is the effect's mean and q its mean square. With probability `power`, S is above
// n m - z sqrt(n (q - m^2)), z being that quantile of the normal distribution. So it is found when
//
//     n (lambda m - lambda^2 q / 2) - sqrt(n) lambda z sqrt(q - m^2)  =  log(1 / (alpha weight)),
//
// a quadratic equation in sqrt(n); the answer is the least n of all lambdas.
//
// REQUIRES: 0 < alpha < 1, 0 < power < 1
std::optional<int64_t> pairs_needed(const PairPlan& plan);

}  // namespace otter::fleet
