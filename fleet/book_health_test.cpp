#include <gmock/gmock.h>

#include "fleet/book_fixture.h"

namespace otter::fleet {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

// Health: half of the group gets it, the other half are the controls.
Plan watched_plan() {
  Plan plan = staged_plan();
  plan.stages = {{5000, 0, 2 * kDay}, {kWhole, 0, 0}};
  plan.gates.health_alpha = 0.01;
  plan.gates.health_window_s = kDay;
  return plan;
}

// All report for a day, each hour; resets of those that run the release rise.
void live_a_day(Desk& desk, uint32_t resets_of_updated) {
  for (auto& [id, lamp] : desk.roster.lamps) {
    if (lamp.version == "2") lamp.vitals.resets += resets_of_updated;
  }
  for (int round = 0; round < 150; ++round) {
    for (auto& [id, lamp] : desk.roster.lamps) lamp.vitals.seen_s = desk.now_s;
    desk.pass(600);
  }
}

TEST(BookHealth, HaltsAReleaseThatRaisesResets) {
  Desk desk(100);
  desk.begin(watched_plan());
  EXPECT_EQ(desk.visit_and_confirm(), 50u);
  desk.step();
  live_a_day(desk, 2);
  EXPECT_EQ(desk.view().record.state.cause, Cause::unhealthy);
  EXPECT_EQ(desk.view().record.health[0].pairs, 50);
  EXPECT_EQ(desk.view().record.state.detail,
            "updated devices do worse than their controls: resets");
}

// All state it; of devices that run the release it is another one.
void set_latency(Desk& desk, double old, double updated) {
  for (auto& [id, lamp] : desk.roster.lamps) {
    lamp.vitals.metrics = {{"latency_ms", lamp.version == "2" ? updated : old}};
  }
}

Plan plan_with_metrics(const std::vector<MetricGate>& gates) {
  Plan plan = watched_plan();
  plan.gates.metrics = gates;
  return plan;
}

TEST(BookHealth, HaltsAReleaseThatWorsensTheApplicationsMetric) {
  Desk desk(100);
  desk.begin(plan_with_metrics({{"latency_ms", false, 1000}}));
  desk.visit_and_confirm();
  desk.step();
  set_latency(desk, 40, 60);
  live_a_day(desk, 0);
  EXPECT_EQ(desk.view().record.state.cause, Cause::unhealthy);
  EXPECT_EQ(desk.view().record.state.detail,
            "updated devices do worse than their controls: the application's latency_ms");
}

TEST(BookHealth, LeavesAloneWhatTheGateAllows) {
  Desk desk(100);
  desk.begin(plan_with_metrics({{"latency_ms", false, 5000}}));
  desk.visit_and_confirm();
  desk.step();
  set_latency(desk, 40, 60);
  live_a_day(desk, 0);
  EXPECT_EQ(desk.phase(), Phase::baking);
  EXPECT_EQ(desk.view().record.health[kHealthMetrics].pairs, 50);
}

TEST(BookHealth, DividesTheErrorRateAmongAllGates) {
  for (const size_t count : {size_t{0}, size_t{1}, kMetricGatesMax}) {
    Desk desk(20);
    std::vector<MetricGate> gates;
    while (gates.size() < count) gates.push_back({"m" + std::to_string(gates.size()), true, 0});
    desk.begin(plan_with_metrics(gates));
    uint32_t tests = 0;
    const auto look = [&tests](const Plan&, const State& state, const Facts& facts) {
      tests = facts.health_tests;
      return state;
    };
    desk.book.wanted("r1", look, desk.now_s);
    EXPECT_EQ(tests, kHealthMetrics + count);
  }
}

TEST(BookHealth, BeginsAnewWhereAGateChanges) {
  Desk desk(100);
  desk.begin(plan_with_metrics({{"latency_ms", false, 5000}, {"battery_mv", true, 0}}));
  desk.visit_and_confirm();
  desk.step();
  set_latency(desk, 40, 60);
  live_a_day(desk, 0);
  RolloutRecord record = desk.view().record;
  record.plan.gates.metrics = {{"battery_mv", true, 0}, {"latency_ms", false, 5000}};
  ++record.revision;
  desk.book.adopt(record);
  EXPECT_EQ(desk.view().record.health[kHealthMetrics + 1].pairs, 50)
      << "it stays, at its new place";
  record.plan.gates.metrics = {{"latency_ms", false, 0}};
  ++record.revision;
  desk.book.adopt(record);
  EXPECT_EQ(desk.view().record.health[kHealthMetrics].pairs, 0);
  EXPECT_EQ(desk.view().record.health[0].pairs, 50);
}

TEST(BookHealth, LeavesAGoodReleaseAlone) {
  Desk desk(100);
  desk.begin(watched_plan());
  desk.visit_and_confirm();
  desk.step();
  live_a_day(desk, 0);
  EXPECT_EQ(desk.phase(), Phase::baking);
  EXPECT_EQ(desk.view().record.health[0].pairs, 50);
}

TEST(BookHealth, CountsEachPairOnceAcrossARestart) {
  Desk desk(100), again(100);
  desk.begin(watched_plan());
  desk.visit_and_confirm();
  desk.step();
  desk.pass(600);
  restart(desk, again);
  live_a_day(again, 0);
  EXPECT_EQ(again.view().record.health[0].pairs, 50);
  Desk third(100);
  restart(again, third);
  live_a_day(third, 0);
  EXPECT_EQ(third.view().record.health[0].pairs, 50);
}

TEST(BookHealth, ProposesEvidenceUntilItIsKept) {
  Desk desk(100);
  desk.begin(watched_plan());
  desk.visit_and_confirm();
  desk.step();
  desk.pass(60);
  for (auto& [id, lamp] : desk.roster.lamps) lamp.vitals.seen_s = desk.now_s + kDay;
  desk.now_s += kDay;
  EXPECT_THAT(desk.book.propose(desk.now_s), SizeIs(1));  // which could not be kept
  EXPECT_THAT(desk.book.propose(desk.now_s), SizeIs(1));
  desk.step();
  EXPECT_THAT(desk.book.propose(desk.now_s), IsEmpty());
}

TEST(BookHealth, EndsAllPairsOfControlsWhoseTurnHasCome) {
  Desk desk(100);
  desk.begin(watched_plan());
  desk.visit_and_confirm();
  desk.step();
  desk.pass(60);
  EXPECT_EQ(desk.view().record.health[0].pairs, 0);
  desk.want([](const Plan& plan, const State& state, const Facts& facts) {
    return advance(plan, state, facts);
  });
  desk.pass(60);  // before anybody checks in
  EXPECT_EQ(desk.view().record.health[0].pairs, 50);
}

TEST(BookHealth, ComparesOnlyDevicesThatAreAlive) {
  Desk desk(100);
  desk.begin(watched_plan());
  const std::vector<std::string> offered = desk.visit_all();
  for (const std::string& id : offered) desk.report(id, Word::confirmed);
  desk.now_s += kDay;  // all but those that are updated are silent, then all
  for (const std::string& id : offered) desk.roster.lamps.at(id).vitals.seen_s = desk.now_s;
  desk.step();
  desk.step();
  for (const PartRecord& record : desk.book.parts("r1", "", 99)) {
    EXPECT_EQ(record.pair.control, "");
  }
}

}  // namespace
}  // namespace otter::fleet
