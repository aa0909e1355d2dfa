#include "fleet/cohort.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace otter::fleet {
namespace {

constexpr uint64_t kHalf = uint64_t{1} << 63;

std::string device(int number) { return "lamp-" + std::to_string(number); }

// The figures are of a program in another language. Another place would move devices of rollouts
// that are under way.
TEST(Cohort, HasThePlacesOfTheSpecification) {
  EXPECT_EQ(cohort_place("r1", "lamp-7"), 0x9576b6399ffd0aa8u);
  EXPECT_EQ(cohort_place("", ""), 0x25fc6dd36ce04b20u);
}

TEST(Cohort, KeepsRolloutAndDeviceApart) {
  EXPECT_NE(cohort_place("r1", "1lamp"), cohort_place("r11", "lamp"));
}

TEST(Cohort, SpreadsNeighbouringIdsEvenly) {
  std::vector<int> bins(16);
  for (int number = 0; number < 16000; ++number) {
    ++bins.at(cohort_place("r1", device(number)) >> 60);
  }
  for (const int count : bins) EXPECT_NEAR(count, 1000, 5 * std::sqrt(1000));
}

TEST(Cohort, DrawsAnewForEachRollout) {
  int both = 0;
  for (int number = 0; number < 10000; ++number) {
    const bool in_first = cohort_place("r1", device(number)) < kHalf;
    const bool in_second = cohort_place("r2", device(number)) < kHalf;
    both += in_first && in_second ? 1 : 0;
  }
  EXPECT_NEAR(both, 2500, 5 * std::sqrt(2500));
}

}  // namespace
}  // namespace otter::fleet
