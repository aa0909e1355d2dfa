#include "sim/fleet_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace otter::sim {
namespace {

using fleet::Cause;
using testing::IsEmpty;
using testing::SizeIs;

// One release to a fleet in which one message of twenty is lost, and one comes twice.
FleetPlan plan_with(ReleaseFault fault, uint32_t devices = 1000) {
  FleetPlan plan;
  plan.devices = devices;
  plan.days = 10;
  plan.interval_s = 4 * 3600;
  plan.loss = 0.05;
  plan.duplication = 0.05;
  FleetRelease release;
  release.version = "2";
  release.fault = fault;
  release.plan = careful_plan();
  plan.releases.push_back(release);
  return plan;
}

ReleaseOutcome run_one(const FleetPlan& plan) {
  const FleetOutcome outcome = run_fleet(plan);
  EXPECT_THAT(outcome.violations, IsEmpty());
  EXPECT_EQ(outcome.releases.at(0).differing, 0u);
  EXPECT_GT(outcome.messages_lost, 0u);
  return outcome.releases.at(0);
}

TEST(FleetWorld, TakesAGoodReleaseToAllThatAreOn) {
  const ReleaseOutcome outcome = run_one(plan_with(ReleaseFault::none));
  EXPECT_EQ(outcome.phase, fleet::Phase::complete);
  EXPECT_THAT(outcome.halts, IsEmpty());
  EXPECT_GT(outcome.tally.confirmed, 950u);
  EXPECT_EQ(outcome.ran, outcome.tally.confirmed);
  ASSERT_THAT(outcome.curve, SizeIs(10));
  EXPECT_LE(outcome.curve[0].tally.started, 10u);
  EXPECT_EQ(outcome.curve[0].phase, fleet::Phase::baking);
}

TEST(FleetWorld, StopsACrashAtBootInTheFirstStage) {
  const ReleaseOutcome outcome = run_one(plan_with(ReleaseFault::crash_at_boot));
  ASSERT_THAT(outcome.halts, SizeIs(1));
  EXPECT_EQ(outcome.halts[0].cause, Cause::failing);
  EXPECT_LE(outcome.ran, 10u);
  EXPECT_EQ(outcome.tally.confirmed, 0u);
}

TEST(FleetWorld, StopsWhatShowsLaterByTheDevicesHealth) {
  for (const ReleaseFault fault :
       {ReleaseFault::crash_later, ReleaseFault::leak, ReleaseFault::lose_wifi}) {
    const ReleaseOutcome outcome = run_one(plan_with(fault));
    ASSERT_THAT(outcome.halts, SizeIs(1)) << name(fault);
    EXPECT_EQ(outcome.halts[0].cause, Cause::unhealthy) << name(fault);
    EXPECT_LE(outcome.ran, 200u) << name(fault);
  }
}

FleetPlan plan_with_metric(ReleaseFault fault, uint32_t allowance) {
  FleetPlan plan = plan_with(fault);
  plan.releases[0].plan.gates.metrics = {{"latency_ms", false, allowance},
                                         {"battery_mv", true, allowance}};
  return plan;
}

TEST(FleetWorld, StopsWhatMakesTheApplicationWorse) {
  const ReleaseOutcome outcome = run_one(plan_with_metric(ReleaseFault::worse_metrics, 500));
  ASSERT_THAT(outcome.halts, SizeIs(1));
  EXPECT_EQ(outcome.halts[0].cause, Cause::unhealthy);
  EXPECT_THAT(outcome.halts[0].detail, testing::HasSubstr("the application's "));
  EXPECT_LE(outcome.ran, 500u);
}

TEST(FleetWorld, LetsAReleaseGoOnThatMakesTheApplicationNoWorse) {
  for (const uint32_t allowance : {0u, 500u}) {
    const ReleaseOutcome outcome = run_one(plan_with_metric(ReleaseFault::none, allowance));
    EXPECT_EQ(outcome.phase, fleet::Phase::complete) << allowance;
  }
}

TEST(FleetWorld, LetsAReleaseGoOnThatIsAsBadAsItMayBe) {
  const ReleaseOutcome outcome = run_one(plan_with_metric(ReleaseFault::worse_metrics, 6000));
  EXPECT_EQ(outcome.phase, fleet::Phase::complete);
}

// Four an hour hit one trial in fifteen; one in two minutes nearly half of them, so that of ten
// boards one loses all three.
TEST(FleetWorld, StandsPowerCuts) {
  FleetPlan plan = plan_with(ReleaseFault::none);
  plan.power_cuts_per_day = 96;
  EXPECT_EQ(run_one(plan).phase, fleet::Phase::complete);
  plan.power_cuts_per_day = 2000;
  const ReleaseOutcome outcome = run_one(plan);
  ASSERT_THAT(outcome.halts, SizeIs(1));
  EXPECT_EQ(outcome.halts[0].cause, Cause::failing);
  EXPECT_GT(outcome.tally.rolled_back, 0u);
}

TEST(FleetWorld, TakesLongerWhereTheServerIsSlow) {
  const auto confirmed_on_the_first_day = [](double server_kib_per_s) {
    FleetPlan plan = plan_with(ReleaseFault::none);
    plan.releases[0].plan.stages = {plan.releases[0].plan.stages.back()};  // to all at once
    plan.server_kib_per_s = server_kib_per_s;
    return run_one(plan).curve.at(0).tally.confirmed;
  };
  const uint32_t fast = confirmed_on_the_first_day(0), slow = confirmed_on_the_first_day(10);
  EXPECT_GT(fast, 900u);
  EXPECT_LT(slow, fast);
  EXPECT_GT(slow, 0u);
}

TEST(FleetWorld, StopsAReleaseThatFailsOnOneRevision) {
  FleetPlan plan = plan_with(ReleaseFault::crash_at_boot);
  plan.releases[0].revision = 2;
  const ReleaseOutcome outcome = run_one(plan);
  ASSERT_THAT(outcome.halts, SizeIs(1));
  EXPECT_GT(outcome.tally.confirmed, 0u);
  EXPECT_LE(outcome.ran, 50u);
}

TEST(FleetWorld, BringsBoardsBackThatRunIt) {
  FleetPlan plan = plan_with(ReleaseFault::leak);
  plan.releases[0].plan.on_breach = fleet::OnBreach::take_back;
  const ReleaseOutcome outcome = run_one(plan);
  EXPECT_EQ(outcome.phase, fleet::Phase::returned);
  EXPECT_GT(outcome.tally.returned, 0u);
  EXPECT_EQ(outcome.tally.returned, outcome.tally.confirmed);
}

TEST(FleetWorld, HasTheSameFiguresWithRestarts) {
  FleetPlan plan = plan_with(ReleaseFault::none);
  plan.restarts = 20;
  const ReleaseOutcome outcome = run_one(plan);
  EXPECT_EQ(outcome.phase, fleet::Phase::complete);
  EXPECT_GT(outcome.tally.confirmed, 950u);
}

TEST(FleetWorld, TellsTheStoryOfFiveReleases) {
  FleetPlan plan = five_releases(500, 1);
  plan.interval_s = 4 * 3600;
  plan.releases[3].share = 1;  // so few boards show only what hits them all
  const FleetOutcome outcome = run_fleet(plan);
  EXPECT_TRUE(outcome.is_fine());
  for (const size_t good : {0, 2, 4}) {
    EXPECT_EQ(outcome.releases.at(good).phase, fleet::Phase::complete);
  }
  for (const size_t bad : {1, 3}) EXPECT_EQ(outcome.releases.at(bad).phase, fleet::Phase::halted);
}

TEST(FleetWorld, FollowsFromItsSeed) {
  FleetPlan plan = plan_with(ReleaseFault::none, 200);
  const FleetOutcome first = run_fleet(plan), second = run_fleet(plan);
  EXPECT_EQ(first.messages, second.messages);
  EXPECT_EQ(first.releases[0].tally, second.releases[0].tally);
  plan.seed = 2;
  EXPECT_NE(run_fleet(plan).messages, first.messages);
}

TEST(FleetWorld, NoticesAReleaseThatGoesTooFar) {
  FleetPlan plan = plan_with(ReleaseFault::none, 200);
  plan.releases[0].spread_max = 0.2;
  const FleetOutcome outcome = run_fleet(plan);
  EXPECT_FALSE(outcome.releases[0].is_contained);
  EXPECT_FALSE(outcome.is_fine());
}

TEST(FleetWorld, RefusesAPlanThatCannotBeRun) {
  FleetPlan plan = plan_with(ReleaseFault::none, 10);
  plan.releases[0].plan.stages.clear();
  EXPECT_THROW(run_fleet(plan), std::runtime_error);
  plan.devices = 2'000'000;
  EXPECT_THROW(run_fleet(plan), std::runtime_error);
}

TEST(FleetWorld, StandsAFleetOfNone) {
  EXPECT_EQ(run_fleet(plan_with(ReleaseFault::none, 0)).releases[0].phase, fleet::Phase::waiting);
}

// Boards of a real fleet: 90 that are on, 10 that never are.
FleetPlan plan_with_known_boards(double download_failure) {
  FleetPlan plan = plan_with(ReleaseFault::none, 100);
  for (int number = 0; number < 100; ++number) {
    KnownBoard board;
    board.id = "lamp-" + std::to_string(number);
    board.is_off = number < 10;
    board.download_failure = download_failure;
    plan.boards.push_back(board);
  }
  return plan;
}

TEST(FleetWorld, TakesTheBoardsOfARealFleet) {
  const ReleaseOutcome outcome = run_one(plan_with_known_boards(0));
  EXPECT_EQ(outcome.tally.confirmed, 90u);
  EXPECT_EQ(outcome.tally.failed, 0u);
}

// All alike, and the release makes none of them worse: only what they are known to state differs.
TEST(FleetWorld, TakesOverWhatTheApplicationIsKnownToMeasure) {
  FleetPlan plan = plan_with_known_boards(0);
  plan.releases[0].fault = ReleaseFault::worse_metrics;
  plan.releases[0].plan.gates.metrics = {{"errors", false, 0}};
  plan.releases[0].plan.stages = {{5000, 0, 86'400}, {fleet::kWhole, 0, 86'400}};
  for (KnownBoard& board : plan.boards) board.metrics = {{"errors", 0}};
  EXPECT_EQ(run_one(plan).phase, fleet::Phase::complete) << "30 % worse than nothing is nothing";
  for (KnownBoard& board : plan.boards) board.metrics = {{"errors", 5}};
  EXPECT_EQ(run_one(plan).phase, fleet::Phase::halted);
}

TEST(FleetWorld, LetsABoardFailAsOftenAsItIsKnownTo) {
  FleetPlan plan = plan_with_known_boards(1);
  fleet::Plan& rollout = plan.releases[0].plan;
  rollout.stages = {rollout.stages.back()};  // to all at once
  rollout.gates.failing_max = fleet::kWhole;
  rollout.attempts_max = 1;
  EXPECT_GT(run_one(plan).tally.failed, 20u);
}

TEST(FleetWorld, RefusesBoardsThatAreNotOneEach) {
  FleetPlan plan = plan_with_known_boards(0);
  plan.boards[7].id = "lamp-8";
  EXPECT_THROW(run_fleet(plan), std::runtime_error);
  plan.boards.pop_back();
  EXPECT_THROW(run_fleet(plan), std::runtime_error);
}

}  // namespace
}  // namespace otter::sim
