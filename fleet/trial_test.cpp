#include "fleet/trial.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace otter::fleet {
namespace {

constexpr int64_t kNow = 1'800'000'000;  // [s since 1970-01-01 UTC]

TrialPlan two_arms(Metric metric = Metric::any_reset) {
  TrialPlan plan;
  plan.id = "lamp/x";
  plan.product = "lamp";
  plan.arms = {{"control", "", 0}, {"b", "2", 100}};
  plan.metric = metric;
  plan.devices_min = 10;
  return plan;
}

TrialState running() { return start({}, kNow); }

// `ones` of `count` devices have it, spread evenly.
std::vector<double> values(int count, int ones) {
  std::vector<double> all;
  for (int device = 0; device < count; ++device) {
    all.push_back((device + 1) * ones / count > device * ones / count ? 1 : 0);
  }
  return all;
}

TrialState stepped(const TrialPlan& plan, const std::vector<double>& control,
                   const std::vector<double>& arm, int64_t seconds = 60) {
  return step(plan, running(), {{control, ""}, {arm, ""}}, kNow + seconds);
}

std::string objection(const TrialPlan& plan) { return objection_to(plan).value_or(""); }

TEST(Trial, GoesOnWhileNothingIsFound) {
  const TrialState state = stepped(two_arms(), values(40, 2), values(40, 3));
  EXPECT_EQ(state.phase, TrialPhase::running);
  EXPECT_FALSE(state.winner.has_value());
}

TEST(Trial, EndsEarlyWhenAnArmWins) {
  const TrialState state = stepped(two_arms(), values(40, 40), values(40, 0));
  EXPECT_EQ(state.phase, TrialPhase::concluded);
  EXPECT_EQ(state.cause, TrialCause::finding);
  EXPECT_EQ(state.winner, 1u);
}

TEST(Trial, LetsTheControlWin) {
  const TrialState state = stepped(two_arms(), values(40, 0), values(40, 40));
  EXPECT_EQ(state.winner, 0u);
}

TEST(Trial, FindsNothingBelowTheLeastNumber) {
  TrialPlan plan = two_arms();
  plan.devices_min = 41;
  EXPECT_EQ(stepped(plan, values(40, 40), values(40, 0)).phase, TrialPhase::running);
}

TEST(Trial, EndsAtThePlannedNumber) {
  TrialPlan plan = two_arms();
  plan.devices_planned = 40;
  const TrialState state = stepped(plan, values(40, 2), values(40, 3));
  EXPECT_EQ(state.cause, TrialCause::no_finding);
  EXPECT_FALSE(state.winner.has_value());
}

TEST(Trial, EndsWithItsTime) {
  const TrialPlan plan = two_arms();
  EXPECT_EQ(stepped(plan, {}, {}, plan.time_limit_s - 1).phase, TrialPhase::running);
  EXPECT_EQ(stepped(plan, {}, {}, plan.time_limit_s).cause, TrialCause::no_finding);
}

TEST(Trial, StopsWhenAnArmFails) {
  const TrialState state =
      step(two_arms(), running(), {{{}, ""}, {{}, "6 of 10 failed"}}, kNow + 60);
  EXPECT_EQ(state.phase, TrialPhase::stopped);
  EXPECT_EQ(state.detail, "arm b: 6 of 10 failed");
}

TEST(Trial, ComparesMeans) {
  std::vector<double> control, arm;
  for (int device = 0; device < 60; ++device) {
    control.push_back(50'000 + 100 * (device % 7));
    arm.push_back(80'000 + 100 * (device % 5));
  }
  EXPECT_EQ(stepped(two_arms(Metric::heap), control, arm).winner, 1u);
  EXPECT_EQ(stepped(two_arms(Metric::heap), arm, control).winner, 0u);
}

// Once it is over nothing brings it back, whatever comes.
TEST(Trial, StaysOver) {
  for (const TrialState& over :
       {stop(running(), kNow, "smoke"), conclude(running(), kNow, size_t{1})}) {
    EXPECT_EQ(start(over, kNow), over);
    EXPECT_EQ(stop(over, kNow, ""), over);
    EXPECT_EQ(conclude(over, kNow, std::nullopt), over);
    EXPECT_EQ(step(two_arms(), over, {{values(40, 40), ""}, {values(40, 0), ""}}, kNow + 60), over);
  }
}

TEST(Trial, BeginsAndStopsADraft) {
  EXPECT_EQ(step(two_arms(), {}, {{}, {}}, kNow).phase, TrialPhase::draft);
  EXPECT_EQ(start({}, kNow).began_s, kNow);
  EXPECT_EQ(stop({}, kNow, "").phase, TrialPhase::stopped);
  EXPECT_EQ(conclude({}, kNow, size_t{1}), TrialState{});
}

TEST(Trial, GoesOnAfterTheClockWasSetBack) {
  const TrialState state = stepped(two_arms(), {}, {}, -1000);
  EXPECT_EQ(state.began_s, kNow - 1000);
  EXPECT_EQ(state.phase, TrialPhase::running);
}

TEST(Trial, RefusesPlansThatCanNotBeRun) {
  EXPECT_EQ(objection(two_arms()), "");
  const auto refused = [](void (*spoil)(TrialPlan&)) {
    TrialPlan plan = two_arms();
    spoil(plan);
    return objection(plan);
  };
  EXPECT_NE(refused([](TrialPlan& plan) { plan.arms.pop_back(); }), "");
  EXPECT_NE(refused([](TrialPlan& plan) { plan.arms.resize(9, {"x", "9", 0}); }), "");
  EXPECT_NE(refused([](TrialPlan& plan) { plan.arms[1].name = "control"; }), "");
  EXPECT_NE(refused([](TrialPlan& plan) { plan.arms[1].version = ""; }), "");
  EXPECT_NE(refused([](TrialPlan& plan) { plan.metric = Metric::confirmed; }), "");
  EXPECT_NE(refused([](TrialPlan& plan) { plan.share = 0; }), "");
  EXPECT_NE(refused([](TrialPlan& plan) { plan.alpha = 0; }), "");
  EXPECT_NE(refused([](TrialPlan& plan) { plan.devices_min = 1; }), "");
  EXPECT_NE(refused([](TrialPlan& plan) { plan.devices_planned = 9; }), "");
  EXPECT_NE(refused([](TrialPlan& plan) { plan.watch_s = 0; }), "");
  EXPECT_NE(refused([](TrialPlan& plan) { plan.time_limit_s = plan.watch_s; }), "");
  EXPECT_NE(refused([](TrialPlan& plan) { plan.failing_max = kWhole + 1; }), "");
}

TEST(Trial, MakesARolloutOfEachArm) {
  const Plan plan = arm_plan(two_arms(), 1);
  EXPECT_EQ(plan.id, "lamp/x#b");
  EXPECT_EQ(plan.version, "2");
  EXPECT_EQ(objection_to(plan), std::nullopt);
  EXPECT_FALSE(plan.arm.keeps());
  EXPECT_TRUE(arm_plan(two_arms(), 0).arm.keeps());
}

TEST(Trial, NamesItsWords) {
  EXPECT_EQ(trial_phase_named("concluded"), TrialPhase::concluded);
  EXPECT_EQ(trial_cause_named("no_finding"), TrialCause::no_finding);
  EXPECT_FALSE(trial_phase_named("x").has_value());
  EXPECT_FALSE(trial_cause_named("x").has_value());
}

}  // namespace
}  // namespace otter::fleet
