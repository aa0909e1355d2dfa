#include "fleet/distributions.h"

#include <gtest/gtest.h>

#include <cmath>

namespace otter::fleet {
namespace {

// The figures of every printed table.
TEST(Distributions, HasTheNormalQuantilesOfTheTables) {
  EXPECT_NEAR(normal_quantile(0.5), 0, 1e-9);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963985, 1e-8);
  EXPECT_NEAR(normal_quantile(0.99), 2.326347874, 1e-8);
  EXPECT_NEAR(normal_quantile(0.005), -2.575829304, 1e-8);
  EXPECT_NEAR(normal_quantile(1e-9), -5.997807015, 1e-8);
}

TEST(Distributions, HasTheStudentDistancesOfTheTables) {
  EXPECT_NEAR(student_distance(0.05, 1), 12.7062, 1e-4);
  EXPECT_NEAR(student_distance(0.05, 4), 2.7764, 1e-4);
  EXPECT_NEAR(student_distance(0.05, 10), 2.2281, 1e-4);
  EXPECT_NEAR(student_distance(0.01, 30), 2.7500, 1e-4);
  EXPECT_NEAR(student_distance(0.05, 120), 1.9799, 1e-4);
}

// With one degree of freedom it is Cauchy's distribution, with two it has a closed form.
TEST(Distributions, AgreesWithTheClosedFormsOfStudent) {
  for (const double t : {1e-6, 0.01, 0.5, 1.0, 3.0, 50.0, 1e6}) {
    const double cauchy = std::atan2(1, t) * 2 / std::acos(-1.0);
    EXPECT_NEAR(student_two_sided(t, 1) / cauchy, 1, 1e-9) << t;
    const double root = std::sqrt(t * t + 2);
    EXPECT_NEAR(student_two_sided(t, 2) / (2 / (root * (root + t))), 1, 1e-9) << t;
    EXPECT_EQ(student_two_sided(-t, 2), student_two_sided(t, 2));
  }
}

TEST(Distributions, BecomesNormalWithManyDegreesOfFreedom) {
  for (const double freedom : {1e6, 1e8}) {
    for (const double t : {0.1, 1.0, 1.959963985, 5.0}) {
      EXPECT_NEAR(student_two_sided(t, freedom) / std::erfc(t / std::sqrt(2.0)), 1, 1e-3) << t;
    }
  }
}

TEST(Distributions, StandsTheEndsOfTheLine) {
  EXPECT_EQ(student_two_sided(0, 5), 1);
  EXPECT_EQ(student_two_sided(1e200, 5), 0);
  EXPECT_NEAR(student_distance(1e-12, 1) * 1e-12 * std::acos(-1.0) / 2, 1, 1e-6);
  EXPECT_NEAR(normal_quantile(1e-300), -37.0471, 1e-4);
}

}  // namespace
}  // namespace otter::fleet
