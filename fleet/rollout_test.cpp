#include "fleet/rollout.h"

#include <gmock/gmock.h>

#include <cmath>

#include "fleet/book_fixture.h"

namespace otter::fleet {
namespace {

// A group whose places are 10, 20, 30 and so on.
Facts facts_of(uint32_t members, int64_t now_s = kStart) {
  Facts facts;
  facts.now_s = now_s;
  facts.members = members;
  facts.place_at = [](uint32_t rank) { return uint64_t{10} * (rank + 1); };
  return facts;
}

Tally tally(uint32_t confirmed, uint32_t rolled_back = 0, uint32_t open = 0) {
  Tally tally;
  tally.started = confirmed + rolled_back + open;
  tally.confirmed = confirmed;
  tally.rolled_back = rolled_back;
  return tally;
}

// The facts when that became of the first stage.
Facts facts_with(uint32_t members, const Tally& stage, int64_t now_s = kStart) {
  Facts facts = facts_of(members, now_s);
  facts.stage = stage;
  facts.all = stage;
  return facts;
}

State in_phase(Phase phase, uint32_t stage = 0, int64_t since_s = kStart) {
  State state;
  state.phase = phase;
  state.stage = stage;
  state.since_s = since_s;
  state.began_s = since_s;
  return state;
}

Phase after(const Plan& plan, Phase phase, const Facts& facts) {
  return step(plan, in_phase(phase), facts).phase;
}

std::string objection(const std::function<void(Plan&)>& change) {
  Plan plan = staged_plan();
  change(plan);
  return objection_to(plan).value_or("");
}

TEST(Rollout, WaitsForItsTimeForApprovalAndForDevices) {
  Plan plan = staged_plan();
  plan.start_s = kStart;
  plan.needs_approval = true;
  const State waiting;
  const State approved = approve(waiting);
  EXPECT_EQ(step(plan, waiting, facts_of(100)), waiting);
  EXPECT_EQ(step(plan, approved, facts_of(100, kStart - 1)), approved);
  EXPECT_EQ(step(plan, approved, facts_of(0)), approved);
  const State begun = step(plan, approved, facts_of(100));
  EXPECT_EQ(begun.phase, Phase::filling);
  EXPECT_EQ(begun.began_s, kStart);
  EXPECT_EQ(begun.bound, 100u);  // of 10 devices
}

TEST(Rollout, IsFilledOnceFourFifthsHaveEnded) {
  const Plan plan = staged_plan();
  EXPECT_EQ(after(plan, Phase::filling, facts_with(100, tally(7, 0, 3))), Phase::filling);
  EXPECT_EQ(after(plan, Phase::filling, facts_with(100, tally(8, 0, 2))), Phase::baking);
}

TEST(Rollout, WaitsForEachDeviceOfTheSmallestGroups) {
  const Plan plan = whole_plan();
  for (const uint32_t members : {1u, 2u, 3u, 4u}) {
    EXPECT_EQ(after(plan, Phase::filling, facts_with(members, tally(members - 1, 0, 1))),
              Phase::filling);
    EXPECT_EQ(after(plan, Phase::filling, facts_with(members, tally(members))), Phase::baking);
  }
  EXPECT_EQ(after(plan, Phase::filling, facts_with(5, tally(4))), Phase::baking);
}

TEST(Rollout, DoesNotWaitForEverForDevicesInADrawer) {
  const Plan plan = staged_plan();
  const int64_t late_s = kStart + plan.time_limit_s;
  EXPECT_EQ(after(plan, Phase::filling, facts_with(100, tally(3), late_s - 1)), Phase::filling);
  EXPECT_EQ(after(plan, Phase::filling, facts_with(100, tally(3), late_s)), Phase::baking);
  EXPECT_EQ(after(plan, Phase::filling, facts_with(100, tally(0), late_s)), Phase::filling);
}

TEST(Rollout, DoesNotWaitForSkippedDevices) {
  Tally some = tally(5);
  some.skipped = 4;
  EXPECT_EQ(after(staged_plan(), Phase::filling, facts_with(100, some)), Phase::baking);
  Tally none;
  none.skipped = 10;
  EXPECT_EQ(after(staged_plan(), Phase::filling, facts_with(100, none)), Phase::baking);
}

TEST(Rollout, FillsEachStageWithDevicesOfItsOwn) {
  Plan plan = staged_plan();
  plan.stages = {{5000, 0, 0}, {6000, 0, 0}};
  Facts facts = facts_of(100);
  facts.all = tally(50);
  EXPECT_EQ(step(plan, in_phase(Phase::filling, 1), facts).phase, Phase::filling);
  facts.stage = tally(8);
  facts.all = tally(58);
  EXPECT_EQ(step(plan, in_phase(Phase::filling, 1), facts).phase, Phase::baking);
}

TEST(Rollout, BakesAndThenBeginsTheNextStage) {
  const Plan plan = staged_plan();
  const State baking = in_phase(Phase::baking);
  EXPECT_EQ(step(plan, baking, facts_with(100, tally(10), kStart + kHour - 1)).phase,
            Phase::baking);
  const State next = step(plan, baking, facts_with(100, tally(10), kStart + kHour));
  EXPECT_EQ(next.phase, Phase::filling);
  EXPECT_EQ(next.stage, 1u);
  EXPECT_EQ(next.bound, 500u);
  EXPECT_EQ(next.since_s, kStart + kHour);
}

TEST(Rollout, BakesOnUntilDevicesHadTheirChanceToBeHeard) {
  Facts facts = facts_with(100, tally(10), kStart + kDay);
  facts.watched_s = kHour - 1;
  EXPECT_EQ(after(staged_plan(), Phase::baking, facts), Phase::baking);
  facts.watched_s = kHour;
  EXPECT_EQ(after(staged_plan(), Phase::baking, facts), Phase::filling);
}

TEST(Rollout, IsCompleteAfterItsLastStage) {
  const State last =
      step(staged_plan(), in_phase(Phase::baking, 2), facts_with(100, tally(90), kStart + kHour));
  EXPECT_EQ(last.phase, Phase::complete);
  const State only = step(whole_plan(), in_phase(Phase::baking), facts_with(100, tally(90)));
  EXPECT_EQ(only.phase, Phase::complete);
}

TEST(Rollout, TakesInTheNextDevicesAsOthersLeave) {
  State state = in_phase(Phase::filling);
  state.bound = 100;
  Facts facts = facts_of(100);
  facts.place_at = [](uint32_t rank) { return uint64_t{20} * (rank + 1); };
  EXPECT_EQ(step(staged_plan(), state, facts).bound, 200u);
  facts.place_at = [](uint32_t) { return uint64_t{1}; };
  EXPECT_EQ(step(staged_plan(), state, facts).bound, 100u);
}

TEST(Rollout, StandsStillWhileTheGroupIsUnknownOrEmpty) {
  const Facts facts = facts_of(0, kStart + kDay);
  for (const Phase phase : {Phase::filling, Phase::baking, Phase::complete}) {
    EXPECT_EQ(step(staged_plan(), in_phase(phase), facts), in_phase(phase));
    EXPECT_EQ(advance(staged_plan(), in_phase(phase), facts), in_phase(phase));
  }
}

TEST(Rollout, HaltsWhereMoreFailThanMay) {
  Plan plan = staged_plan();  // 5 %
  EXPECT_EQ(after(plan, Phase::filling, facts_with(1000, tally(10, 2))), Phase::filling);
  const State halted =
      step(plan, in_phase(Phase::baking), facts_with(1000, tally(10, 3), kStart + 5));
  EXPECT_EQ(halted.phase, Phase::halted);
  EXPECT_EQ(halted.before, Phase::baking);
  EXPECT_EQ(halted.cause, Cause::failing);
  EXPECT_EQ(halted.detail,
            "3 of 13 of the stage failed (3 rolled back, 0 failed, 0 lost), allowed are 5.0 %");
  plan.on_breach = OnBreach::take_back;
  EXPECT_EQ(after(plan, Phase::filling, facts_with(1000, tally(10, 3))), Phase::returning);
}

TEST(Rollout, HaltsATinyStageForItsFirstFailure) {
  EXPECT_EQ(after(staged_plan(), Phase::filling, facts_with(1, tally(0, 1))), Phase::halted);
  EXPECT_EQ(after(staged_plan(), Phase::filling, facts_with(100, tally(9, 1))), Phase::halted);
}

TEST(Rollout, WatchesDevicesThatComeAfterItIsComplete) {
  const State state = in_phase(Phase::complete, 2);
  EXPECT_EQ(step(staged_plan(), state, facts_with(100, tally(95, 5))).phase, Phase::complete);
  const State halted = step(staged_plan(), state, facts_with(100, tally(94, 6)));
  EXPECT_EQ(halted.phase, Phase::halted);
  EXPECT_EQ(resume(halted, kStart).phase, Phase::complete);
}

TEST(Rollout, HaltsWhereAllStagesTogetherFailTooOften) {
  Facts facts = facts_with(1000, tally(96, 4));
  facts.stage = tally(50);
  EXPECT_EQ(step(staged_plan(), in_phase(Phase::filling, 1), facts).phase, Phase::filling);
  facts.all = tally(94, 6);
  const State halted = step(staged_plan(), in_phase(Phase::filling, 1), facts);
  EXPECT_EQ(halted.detail,
            "6 of 100 in all failed (6 rolled back, 0 failed, 0 lost), allowed are 5.0 %");
}

TEST(Rollout, HaltsAtTheEndWhereTooFewConfirmed) {
  Tally refused = tally(8);
  refused.started = 10;
  refused.refused = 2;
  EXPECT_EQ(after(staged_plan(), Phase::baking, facts_with(100, refused)), Phase::baking);
  const State halted =
      step(staged_plan(), in_phase(Phase::baking), facts_with(100, refused, kStart + kHour));
  EXPECT_EQ(halted.cause, Cause::few_confirmed);
  EXPECT_EQ(halted.detail, "8 of 10 confirmed it, 90.0 % are wanted");
}

TEST(Rollout, HaltsForTheDevicesHealth) {
  Plan plan = staged_plan();
  Facts facts = facts_with(1000, tally(20));
  facts.health_tests = 4;
  facts.health_metric = "resets";
  facts.log_evidence = std::log(4 / 0.01);
  EXPECT_EQ(after(plan, Phase::filling, facts), Phase::filling);
  plan.gates.health_alpha = 0.01;
  EXPECT_EQ(step(plan, in_phase(Phase::filling), facts).cause, Cause::unhealthy);
  facts.log_evidence -= 0.001;
  EXPECT_EQ(after(plan, Phase::filling, facts), Phase::filling);
}

TEST(Rollout, BeginsItsWaitAnewWhenTheClockIsSetBack) {
  const Facts facts = facts_with(100, tally(10), kStart - kDay);
  const State state = step(staged_plan(), in_phase(Phase::baking), facts);
  EXPECT_EQ(state.phase, Phase::baking);
  EXPECT_EQ(state.since_s, kStart - kDay);
}

TEST(Rollout, HasReturnedOnceNobodyRunsItAndNobodyIsAtIt) {
  Tally all = tally(10, 0, 1);
  all.returned = 10;
  EXPECT_EQ(after(staged_plan(), Phase::returning, facts_with(100, all)), Phase::returning);
  all.started = 10;
  EXPECT_EQ(after(staged_plan(), Phase::returning, facts_with(100, all)), Phase::returned);
  all.returned = 9;
  EXPECT_EQ(after(staged_plan(), Phase::returning, facts_with(100, all)), Phase::returning);
}

TEST(Rollout, IsPausedAndResumed) {
  for (const Phase phase : {Phase::filling, Phase::baking}) {
    const State paused = pause(in_phase(phase), kStart + 1);
    EXPECT_EQ(paused.phase, Phase::paused);
    EXPECT_EQ(step(staged_plan(), paused, facts_with(100, tally(0, 9), kStart + 9)), paused);
    State resumed = in_phase(phase, 0, kStart + 2);
    resumed.began_s = kStart;
    resumed.before = phase;
    EXPECT_EQ(resume(paused, kStart + 2), resumed);
  }
}

// Which phase each of a person's wishes leads to, from each phase.
struct Wishes {
  Phase from, pause, halt, resume, abort, take_back;
};
constexpr Wishes kWishes[] = {
    {Phase::waiting, Phase::waiting, Phase::waiting, Phase::waiting, Phase::aborted,
     Phase::waiting},
    {Phase::filling, Phase::paused, Phase::halted, Phase::filling, Phase::aborted,
     Phase::returning},
    {Phase::baking, Phase::paused, Phase::halted, Phase::baking, Phase::aborted, Phase::returning},
    {Phase::paused, Phase::paused, Phase::halted, Phase::baking, Phase::aborted, Phase::returning},
    {Phase::halted, Phase::halted, Phase::halted, Phase::baking, Phase::aborted, Phase::returning},
    {Phase::complete, Phase::complete, Phase::halted, Phase::complete, Phase::complete,
     Phase::returning},
    {Phase::returning, Phase::returning, Phase::returning, Phase::returning, Phase::returning,
     Phase::returning},
    {Phase::returned, Phase::returned, Phase::returned, Phase::returned, Phase::returned,
     Phase::returned},
    {Phase::aborted, Phase::aborted, Phase::aborted, Phase::aborted, Phase::aborted,
     Phase::aborted},
};

TEST(Rollout, DoesWhatAPersonWantsWhereItCan) {
  for (const Wishes& wishes : kWishes) {
    State state = in_phase(wishes.from);
    state.before = Phase::baking;
    EXPECT_EQ(pause(state, kStart).phase, wishes.pause) << name(wishes.from);
    EXPECT_EQ(halt(state, kStart, "smoke").phase, wishes.halt) << name(wishes.from);
    EXPECT_EQ(resume(state, kStart).phase, wishes.resume) << name(wishes.from);
    EXPECT_EQ(abort(state, kStart).phase, wishes.abort) << name(wishes.from);
    EXPECT_EQ(take_back(state, kStart, "").phase, wishes.take_back) << name(wishes.from);
  }
}

TEST(Rollout, IsAtAnEndForGood) {
  for (const Phase phase : {Phase::aborted, Phase::returned}) {
    const State state = in_phase(phase);
    EXPECT_TRUE(is_over(phase));
    EXPECT_EQ(step(staged_plan(), state, facts_with(100, tally(0, 9), kStart + kDay)), state);
    EXPECT_EQ(advance(staged_plan(), state, facts_of(100)), state);
    EXPECT_EQ(approve(state), state);
  }
}

TEST(Rollout, RemembersWhatItWasHaltedFor) {
  const State halted = halt(in_phase(Phase::filling), kStart, "smoke");
  EXPECT_EQ(halted.cause, Cause::person);
  EXPECT_EQ(halted.detail, "smoke");
  EXPECT_EQ(take_back(halted, kStart, "").detail, "smoke");
  EXPECT_EQ(take_back(halted, kStart, "fire").detail, "fire");
  EXPECT_EQ(resume(halted, kStart).cause, Cause::none);
  const State from_pause = halt(pause(in_phase(Phase::baking), kStart), kStart, "");
  EXPECT_EQ(resume(from_pause, kStart).phase, Phase::baking);
}

TEST(Rollout, AdvancesWhereAPersonKnowsBetter) {
  Plan plan = staged_plan();
  plan.start_s = kStart + kDay;
  const Facts facts = facts_of(100);
  EXPECT_EQ(advance(plan, State(), facts).phase, Phase::filling);
  EXPECT_EQ(advance(plan, in_phase(Phase::filling), facts).stage, 1u);
  EXPECT_EQ(advance(plan, in_phase(Phase::baking, 1), facts).bound, UINT64_MAX);
  EXPECT_EQ(advance(plan, in_phase(Phase::baking, 2), facts).phase, Phase::complete);
  EXPECT_EQ(advance(plan, in_phase(Phase::halted), facts), in_phase(Phase::halted));
  plan.needs_approval = true;
  EXPECT_EQ(advance(plan, State(), facts), State());
}

TEST(Rollout, RoundsSharesUp) {
  EXPECT_EQ(quota({100, 0, 0}, 1), 1u);
  EXPECT_EQ(quota({100, 0, 0}, 101), 2u);
  EXPECT_EQ(quota({kWhole, 0, 0}, 5), 5u);
  EXPECT_EQ(quota({0, 10, 0}, 5), 5u);
  EXPECT_EQ(quota({0, 10, 0}, 50), 10u);
  EXPECT_EQ(quota({100, 0, 0}, 0), 0u);
}

TEST(Rollout, KnowsItsWords) {
  for (const Wishes& wishes : kWishes) EXPECT_EQ(phase_named(name(wishes.from)), wishes.from);
  EXPECT_EQ(phase_named("x"), std::nullopt);
  EXPECT_EQ(cause_named(name(Cause::unhealthy)), Cause::unhealthy);
  EXPECT_EQ(cause_named(""), std::nullopt);
}

TEST(RolloutPlan, IsFine) {
  EXPECT_EQ(objection_to(staged_plan()), std::nullopt);
  EXPECT_EQ(objection_to(whole_plan()), std::nullopt);
}

TEST(RolloutPlan, NeedsStagesThatRise) {
  EXPECT_EQ(objection([](Plan& plan) { plan.stages.clear(); }), "a rollout needs a stage");
  EXPECT_EQ(objection([](Plan& plan) { plan.stages.resize(21); }),
            "a rollout has at most 20 stages");
  EXPECT_EQ(objection([](Plan& plan) { plan.stages[1] = {}; }),
            "stage 2 needs either a share or a number of devices");
  EXPECT_EQ(objection([](Plan& plan) { plan.stages[0].devices = 1; }),
            "stage 1 needs either a share or a number of devices");
  EXPECT_EQ(objection([](Plan& plan) { plan.stages[2].share = kWhole + 1; }),
            "stage 3: a share is at most 100 %");
  EXPECT_EQ(objection([](Plan& plan) { plan.stages[1].share = 1000; }),
            "stage 2 must be larger than the stage before: stages count from the first device on");
  const auto same = [](Plan& plan) { plan.stages = {{0, 5, 0}, {0, 5, 0}}; };
  EXPECT_EQ(objection(same),
            "stage 2 must be larger than the stage before: stages count from the first device on");
  for (const int64_t wrong : {int64_t{-1}, kDay * 4000}) {
    EXPECT_EQ(objection([wrong](Plan& plan) { plan.stages[0].bake_s = wrong; }),
              "stage 1: a bake time is 0 s or more, and at most ten years");
  }
}

TEST(RolloutPlan, NeedsGatesThatCanBePassed) {
  EXPECT_NE(objection([](Plan& plan) { plan.gates.failing_max = kWhole + 1; }), "");
  EXPECT_NE(objection([](Plan& plan) { plan.gates.confirmed_min = kWhole + 1; }), "");
  for (const double wrong : {-0.1, 0.6, std::nan("")}) {
    EXPECT_NE(objection([wrong](Plan& plan) { plan.gates.health_alpha = wrong; }), "");
  }
  EXPECT_NE(objection([](Plan& plan) { plan.gates.health_window_s = 0; }), "");
  EXPECT_NE(objection([](Plan& plan) { plan.gates.health_alpha = 0.01; }), "");  // bakes 1 h
  const auto single = [](Plan& plan) {
    plan.stages = {{kWhole, 0, 0}};
    plan.gates.health_alpha = 0.01;
  };
  EXPECT_EQ(objection(single), "");
}

TEST(RolloutPlan, NeedsMetricsThatADeviceCanState) {
  const auto objection_to_gates = [](const std::vector<MetricGate>& gates) {
    return objection([&gates](Plan& plan) {
      plan.gates.metrics = gates;
      plan.gates.health_alpha = 0.01;
      plan.gates.health_window_s = kHour;
    });
  };
  EXPECT_EQ(objection_to_gates({{"latency_ms", false, 0}, {"battery_mv", true, kWhole}}), "");
  for (const char* wrong : {"", "Latency", "1st", "a b"}) {
    EXPECT_THAT(objection_to_gates({{wrong, false, 0}}),
                testing::HasSubstr("has a name of 1 to 64"))
        << wrong;
  }
  EXPECT_EQ(objection_to_gates({{"latency_ms", false, kWhole + 1}}),
            "a metric may be at most 100 % worse");
  EXPECT_EQ(objection_to_gates({{"latency_ms", false, 0}, {"latency_ms", true, 0}}),
            "the metric latency_ms has two gates");
  EXPECT_EQ(objection_to_gates({{"a", true}, {"b", true}, {"c", true}, {"d", true}, {"e", true}}),
            "a rollout has gates on at most 4 metrics");
}

TEST(RolloutPlan, NeedsDevicesToCompareForItsMetrics) {
  const auto watched = [](Plan& plan) {
    plan.gates.metrics = {{"latency_ms", false, 0}};
    plan.gates.health_alpha = 0.01;
    plan.gates.health_window_s = kHour;
  };
  EXPECT_EQ(objection(watched), "");
  EXPECT_NE(objection([&](Plan& plan) {
              watched(plan);
              plan.gates.health_alpha = 0;
            }),
            "");
  EXPECT_NE(objection([&](Plan& plan) {
              watched(plan);
              plan.stages = {{kWhole, 0, kHour}};
            }),
            "");
}

TEST(RolloutPlan, NamesConfigurationsInOneWay) {
  EXPECT_EQ(configuration_named(configuration_name(7)), 7u);
  EXPECT_EQ(configuration_named(configuration_name(UINT32_MAX)), UINT32_MAX);
  for (const char* other : {"", "1.2.0", "config", "config ", "config 0", "config 07", "config +7",
                            "config 7 ", "config 4294967296", "Config 7"}) {
    EXPECT_EQ(configuration_named(other), 0u) << other;
  }
}

TEST(RolloutPlan, NeedsTimesThatThereAre) {
  EXPECT_NE(objection([](Plan& plan) { plan.window.from_min = 1440; }), "");
  EXPECT_NE(objection([](Plan& plan) { plan.window.to_min = 1440; }), "");
  EXPECT_NE(objection([](Plan& plan) { plan.attempts_max = 0; }), "");
  EXPECT_NE(objection([](Plan& plan) { plan.retry_after_s = -1; }), "");
  EXPECT_NE(objection([](Plan& plan) { plan.retry_after_s = INT64_MAX; }), "");
  EXPECT_NE(objection([](Plan& plan) { plan.time_limit_s = 0; }), "");
  EXPECT_NE(objection([](Plan& plan) { plan.time_limit_s = INT64_MAX; }), "");
}

}  // namespace
}  // namespace otter::fleet
