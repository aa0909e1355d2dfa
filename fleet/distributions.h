// Quantiles and tails of the normal and of Student's distribution, which the standard library
// lacks. Pure, any thread.
#pragma once

namespace otter::fleet {

// The value that a standard normal variable stays below with `probability`.
//
// REQUIRES: 0 < probability < 1
double normal_quantile(double probability);

// The probability that Student's t is at least as far from 0 as `t`, on either side.
//
// REQUIRES: degrees_of_freedom > 0
// Source:   Abramowitz and Stegun 26.7.1 and 26.5.8
double student_two_sided(double t, double degrees_of_freedom);

// The distance from 0 that Student's t exceeds with `probability`, on either side.
//
// REQUIRES: 0 < probability < 1, degrees_of_freedom > 0
double student_distance(double probability, double degrees_of_freedom);

}  // namespace otter::fleet
