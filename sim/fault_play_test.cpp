#include "sim/fault_play.h"

#include <gtest/gtest.h>

#include "sim/fault_bench.h"

namespace otter::sim {
namespace {

class NamedFaultTest : public testing::TestWithParam<NamedFault> {};

TEST_P(NamedFaultTest, Passes) {
  const FaultResult result = GetParam().play();
  for (const FaultStep& step : result.steps) {
    EXPECT_TRUE(step.passed) << step.done << "\n" << step.expected << "\n" << step.happened;
    EXPECT_FALSE(step.happened.empty());
  }
  EXPECT_TRUE(result.passed());
  EXPECT_NE(result.log.find("[OTA] Current version: 1.0.0"), std::string::npos);
}

std::string fault_name(const testing::TestParamInfo<NamedFault>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(EachFault, NamedFaultTest, testing::ValuesIn(named_faults()), fault_name);

TEST(FaultResult, WithoutAStepHasNotPassed) { EXPECT_FALSE(FaultResult().passed()); }

TEST(FaultResult, OneBadStepIsEnough) {
  FaultResult result;
  result.steps = {{"", "", "", true}, {"", "", "", false}};
  EXPECT_FALSE(result.passed());
}

// A verdict comes from flash and reports: a board that does nothing passes nothing.
TEST(FaultBench, TellsABoardThatWasNotUpdated) {
  FaultBench bench;
  bench.rest(3600 * 1000);
  EXPECT_EQ(bench.running_version(), "1.0.0");
  EXPECT_FALSE(bench.runs(make_release({})));
  EXPECT_FALSE(bench.was_told("1.0.1", "confirmed"));
  EXPECT_EQ(bench.summary(), "runs 1.0.0; nothing was reported; 0 bytes of images sent");
}

}  // namespace
}  // namespace otter::sim
