#include "sim/exhaust.h"

#include <gmock/gmock.h>

#include <set>

#include "sim/exhaust_plan.h"
#include "sim/otadata_states.h"

namespace otter::sim {
namespace {

ExhaustOptions tiny(Family family) {
  ExhaustOptions options;
  options.extent = Extent::tiny;
  options.family = family;
  return options;
}

TEST(Exhaust, GivesTheSameWhateverTheNumberOfThreads) {
  ExhaustOptions options = tiny(Family::otadata);
  options.jobs = 1;
  const ExhaustResult one = exhaust(options);
  options.jobs = 3;
  const ExhaustResult three = exhaust(options);
  EXPECT_EQ(one.trace_hash, three.trace_hash);
  EXPECT_EQ(one.sum.power_losses, three.sum.power_losses);
  options.seed = 2;
  EXPECT_NE(exhaust(options).trace_hash, one.trace_hash);
}

TEST(Exhaust, FindsNothingWrong) {
  for (const Family family : kFamilies) {
    const ExhaustResult result = exhaust(tiny(family));
    EXPECT_EQ(result.sum.violations, 0u) << name(family);
    EXPECT_THAT(result.findings, testing::IsEmpty());
    EXPECT_GT(result.sum.worlds, 0u) << name(family);
    EXPECT_LE(result.erases_most, kErasesMax) << name(family);
    if (family == Family::random) {
      EXPECT_GT(result.sum.full_depth, result.sum.worlds / 2);
    }
    if (family != Family::nested) continue;
    EXPECT_GT(result.sum.merged, 0u);
    EXPECT_LE(result.sum.worlds, result.sum.power_losses - result.sum.merged);
  }
}

TEST(Exhaust, FindsWhatFlashThatLiesBreaks) {
  ExhaustOptions options = tiny(Family::single);
  options.forgetful = true;
  const ExhaustResult result = exhaust(options);
  EXPECT_GT(result.sum.violations, 0u);
  ASSERT_FALSE(result.findings.empty());
  EXPECT_LE(result.findings.size(), kFindingsMax);
  EXPECT_THAT(result.findings.front(),
              testing::MatchesRegex("I[1-9] .*: otter sim run 1 .*--forgetful-flash.* --cut .*"));
}

TEST(Exhaust, EndsBetweenTwoTasksWhenItIsCancelled) {
  ExhaustOptions options = tiny(Family::flash);
  options.extent = Extent::quick;
  options.jobs = 1;
  int asked = 0;
  options.is_cancelled = [&] { return ++asked > 2; };
  const uint64_t worlds = exhaust(options).sum.worlds;
  options.is_cancelled = nullptr;
  EXPECT_GT(worlds, 0u);
  EXPECT_LT(worlds, exhaust(options).sum.worlds);
}

TEST(ExhaustPlan, PlaysNoBoardTwice) {
  std::set<std::string> boards;
  const std::vector<StageOptions> stages = distinct_stages(1);
  for (const StageOptions& stage : stages) boards.insert(text_of(stage));
  EXPECT_EQ(boards.size(), stages.size());
  const auto has = [&](const char* board) { return boards.count(board) == 1; };
  EXPECT_TRUE(has(" --scenario full --past interrupted --idf 5.1"));
  EXPECT_TRUE(has(" --scenario full --past interrupted --idf 5.5.0"));
  EXPECT_FALSE(has(" --scenario full --past interrupted --idf 6.0")) << "as 5.5.0 leaves it";
  EXPECT_TRUE(has(" --scenario full --past rechosen --idf 6.0 --factory --encrypted"));
  EXPECT_FALSE(has(" --scenario full --past updated --idf 5.5.0")) << "as 5.1 leaves it";
}

TEST(ExhaustPlan, PlaysConfigurationsAndKeysInAllFamiliesButOtadata) {
  for (const Family family : kFamilies) {
    ExhaustOptions options;
    options.family = family;
    std::set<Scenario> played;
    for (const TaskSpec& task : plan_exhaust(options)) played.insert(task.stage.scenario);
    EXPECT_EQ(played.count(Scenario::config), family != Family::otadata) << name(family);
    EXPECT_EQ(played.count(Scenario::keys), family != Family::otadata) << name(family);
  }
}

TEST(ExhaustPlan, StartsFromEveryStateOfOtadataOnItsBoard) {
  ExhaustOptions options;
  options.family = Family::otadata;
  std::set<uint32_t> numbers;
  for (const TaskSpec& task : plan_exhaust(options)) {
    for (uint32_t number = task.part; number < kOtadataStartCount; number += task.parts) {
      EXPECT_EQ(task.stage.factory, otadata_start(number).has_factory);
      numbers.insert(number);
    }
  }
  EXPECT_EQ(numbers.size(), kOtadataStartCount);
}

}  // namespace
}  // namespace otter::sim
