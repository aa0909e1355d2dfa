#include "ota/trial.h"

#include <gtest/gtest.h>

namespace otter {
namespace {

using Kind = TrialVerdict::Kind;
constexpr TrialLimits kLimits = {10, 600, 1800, 4096};

TrialFacts good_facts() {
  TrialFacts facts;
  facts.uptime_s = 10;
  facts.network_seen = true;
  facts.network_uptime_s = 9;
  facts.server_contacted = true;
  facts.self_test = SelfTest::passed;
  return facts;
}

Kind verdict(const TrialFacts& facts) { return judge_trial(facts, kLimits).kind; }

TEST(Trial, ConfirmsWhatPassedItsTestReachedTheServerAndRanLongEnough) {
  EXPECT_EQ(verdict(good_facts()), Kind::confirm);
}

TEST(Trial, WaitsForEachOfTheThree) {
  TrialFacts facts = good_facts();
  facts.uptime_s = 9;
  EXPECT_EQ(verdict(facts), Kind::wait);
  facts = good_facts();
  facts.server_contacted = false;
  EXPECT_EQ(verdict(facts), Kind::wait);
  facts = good_facts();
  facts.self_test = SelfTest::running;
  EXPECT_EQ(verdict(facts), Kind::wait);
}

TEST(Trial, RollsBackWhatUsesUpTheHeap) {
  TrialFacts facts = good_facts();
  facts.heap_low_water_bytes = 4096;
  EXPECT_EQ(verdict(facts), Kind::confirm);
  facts.heap_low_water_bytes = 4095;
  EXPECT_EQ(verdict(facts), Kind::roll_back);
  EXPECT_EQ(judge_trial(facts, kLimits).reason, Error::low_memory);
}

TEST(Trial, RollsBackAtOnceWhenTheSelfTestFails) {
  TrialFacts facts = good_facts();
  facts.self_test = SelfTest::failed;
  EXPECT_EQ(judge_trial(facts, kLimits).reason, Error::selftest_failed);
}

TEST(Trial, WithoutNetworkTheCeilingCountsAndNotTheDeadline) {
  TrialFacts facts;
  facts.uptime_s = 1799;
  EXPECT_EQ(verdict(facts), Kind::wait);
  facts.uptime_s = 1800;
  EXPECT_EQ(judge_trial(facts, kLimits).reason, Error::no_network);
}

TEST(Trial, WithNetworkButNoServerTheDeadlineRunsFromNetworkUp) {
  TrialFacts facts = good_facts();
  facts.server_contacted = false;
  facts.uptime_s = 1000;
  facts.network_uptime_s = 599;
  EXPECT_EQ(verdict(facts), Kind::wait);
  facts.network_uptime_s = 600;
  EXPECT_EQ(judge_trial(facts, kLimits).reason, Error::no_contact);
}

TEST(Trial, ATestThatNeverEndsHasFailed) {
  TrialFacts facts = good_facts();
  facts.self_test = SelfTest::running;
  facts.network_uptime_s = 600;
  EXPECT_EQ(judge_trial(facts, kLimits).reason, Error::selftest_failed);
}

TEST(Trial, OnlyPanicsAndWatchdogsConvictAnImage) {
  EXPECT_EQ(convicting_error(ResetReason::panic), Error::crashed);
  EXPECT_EQ(convicting_error(ResetReason::task_watchdog), Error::watchdog);
  EXPECT_EQ(convicting_error(ResetReason::interrupt_watchdog), Error::watchdog);
  for (ResetReason reason : {ResetReason::power_on, ResetReason::brownout, ResetReason::software,
                             ResetReason::deep_sleep, ResetReason::external}) {
    EXPECT_EQ(convicting_error(reason), Error::ok);
  }
}

}  // namespace
}  // namespace otter
