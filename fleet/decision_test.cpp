#include "fleet/decision.h"

#include <gtest/gtest.h>

#include "fleet/book_fixture.h"

namespace otter::fleet {
namespace {

constexpr uint16_t kTwo = 2 * 60, kFive = 5 * 60, kTwentyThree = 23 * 60;  // [minutes]
constexpr int64_t kMidnight = 1'799'971'200;                               // [s], of a day

// A device that is offered the release, unless a test says otherwise.
struct Case {
  Plan plan = staged_plan();
  State state;
  Traffic traffic;
  Visit visit;
  Part part;

  Case() {
    state.phase = Phase::filling;
    state.bound = 100;
    traffic.members = 100;
    visit.now_s = kStart;
    visit.place = 100;
  }
  Decision decide() const { return fleet::decide(plan, state, traffic, visit); }
  Reason reason() const { return decide().reason; }
  Case& take_part(End end) {
    part.end = end;
    part.started_s = kStart - kHour;
    visit.part = &part;
    return *this;
  }
};

TEST(Decision, OffersTheReleaseInTheStage) {
  const Decision decision = Case().decide();
  EXPECT_EQ(decision.reason, Reason::offered);
  EXPECT_TRUE(decision.offers());
  EXPECT_TRUE(decision.starts);
  EXPECT_FALSE(decision.skips);
}

TEST(Decision, OffersItAgainUntilThereIsAnOutcome) {
  Case open;
  open.take_part(End::open);
  EXPECT_EQ(open.reason(), Reason::offered);
  EXPECT_FALSE(open.decide().starts);
  open.traffic.tally.started = 10;  // of 10
  open.visit.place = 101;
  EXPECT_EQ(open.reason(), Reason::offered);
}

TEST(Decision, LeavesADeviceAloneThatHasItsOutcome) {
  for (const End end : {End::confirmed, End::rolled_back, End::refused, End::failed, End::lost}) {
    EXPECT_EQ(Case().take_part(end).reason(), Reason::settled) << name(end);
  }
}

TEST(Decision, GivesASkippedDeviceAnotherChance) {
  Case skipped;
  skipped.take_part(End::skipped);
  EXPECT_TRUE(skipped.decide().starts);
  skipped.visit.unfit = "chip_mismatch";
  EXPECT_FALSE(skipped.decide().skips);  // it is one already
}

TEST(Decision, SkipsWhoNeedsNothingOrCannotHaveIt) {
  const auto skips = [](const std::function<void(Case&)>& change, Reason reason) {
    Case one;
    change(one);
    const Decision decision = one.decide();
    EXPECT_EQ(decision.reason, reason) << name(decision.reason);
    EXPECT_TRUE(decision.skips);
    one.visit.place = 101;
    EXPECT_EQ(one.reason(), reason);
    EXPECT_FALSE(one.decide().skips);
  };
  skips([](Case& one) { one.visit.runs_it = true; }, Reason::installed);
  skips([](Case& one) { one.visit.has_failed = true; }, Reason::failed_before);
  skips([](Case& one) { one.visit.unfit = "slot_too_small"; }, Reason::unfit);
  skips(
      [](Case& one) {
        one.visit.is_latecomer = true;
        one.plan.takes_late = false;
      },
      Reason::late);
}

TEST(Decision, SaysWhatDoesNotFit) {
  Case unfit;
  unfit.visit.unfit = "slot_too_small";
  EXPECT_STREQ(unfit.decide().detail, "slot_too_small");
}

TEST(Decision, TakesLatecomersWhereThePlanDoes) {
  Case late;
  late.visit.is_latecomer = true;
  EXPECT_EQ(late.reason(), Reason::offered);
}

TEST(Decision, KeepsToTheGroupFirstOfAll) {
  Case stranger;
  stranger.visit.is_in_group = false;
  for (const Phase phase : {Phase::waiting, Phase::filling, Phase::halted, Phase::aborted}) {
    stranger.state.phase = phase;
    EXPECT_EQ(stranger.reason(), Reason::not_in_group);
    EXPECT_FALSE(stranger.decide().skips);
  }
}

TEST(Decision, OffersNothingWhileItStands) {
  Case one;
  one.plan.start_s = kStart + 5;
  const std::pair<Phase, Reason> stops[] = {
      {Phase::waiting, Reason::scheduled}, {Phase::paused, Reason::paused},
      {Phase::halted, Reason::halted},     {Phase::returning, Reason::ended},
      {Phase::returned, Reason::ended},    {Phase::aborted, Reason::ended}};
  for (const auto& [phase, reason] : stops) {
    one.state.phase = phase;
    one.visit.part = nullptr;
    EXPECT_EQ(one.reason(), reason);
    one.take_part(End::open);
    EXPECT_EQ(one.reason(), reason);
  }
}

TEST(Decision, SaysWhenItBeginsAndWhatItNeeds) {
  Case one;
  one.state.phase = Phase::waiting;
  one.plan.start_s = kStart + 5;
  EXPECT_EQ(one.decide().until_s, kStart + 5);
  one.plan.needs_approval = true;
  EXPECT_EQ(one.reason(), Reason::awaits_approval);
  one.state.is_approved = true;
  EXPECT_EQ(one.reason(), Reason::scheduled);
}

TEST(Decision, OffersItWhileItBakesAndAfterwards) {
  for (const Phase phase : {Phase::filling, Phase::baking, Phase::complete}) {
    Case one;
    one.state.phase = phase;
    EXPECT_EQ(one.reason(), Reason::offered);
  }
}

TEST(Decision, TakesItBackFromThoseThatRunIt) {
  for (const Phase phase : {Phase::returning, Phase::returned}) {
    Case one;
    one.state.phase = phase;
    one.take_part(End::confirmed);
    EXPECT_EQ(one.reason(), Reason::settled);
    one.visit.runs_it = true;
    EXPECT_EQ(one.reason(), Reason::taken_back);
    one.take_part(End::returned);
    EXPECT_EQ(one.reason(), Reason::settled);
  }
}

TEST(Decision, HasAnOpenDeviceWaitForWhatBarsIt) {
  Case open;
  open.take_part(End::open);
  open.visit.is_busy = true;
  EXPECT_EQ(open.reason(), Reason::busy);
  open.visit.unfit = "chip_mismatch";
  EXPECT_EQ(open.reason(), Reason::unfit);
  open.visit.has_failed = true;
  EXPECT_EQ(open.reason(), Reason::failed_before);
  open.visit.runs_it = true;
  EXPECT_EQ(open.reason(), Reason::installed);
  open.visit.is_in_group = false;
  EXPECT_EQ(open.reason(), Reason::not_in_group);
}

TEST(Decision, KeepsToStageAndQuota) {
  Case one;
  one.visit.place = 101;
  EXPECT_EQ(one.reason(), Reason::later_stage);
  one.visit.place = 100;
  one.traffic.tally.started = 9;
  EXPECT_EQ(one.reason(), Reason::offered);
  one.traffic.tally.started = 10;
  EXPECT_EQ(one.reason(), Reason::stage_full);
}

TEST(Decision, HasNoQuotaForTheWholeGroupOfWhichSomeHaveLeft) {
  Case one;
  one.state.stage = 2;
  one.traffic.tally.started = 100;
  EXPECT_EQ(one.reason(), Reason::offered);
  one.traffic.members = 0;  // not known yet
  EXPECT_EQ(one.reason(), Reason::stage_full);
}

TEST(Decision, KeepsToTheCaps) {
  Case one;
  one.plan.at_once_max = 2;
  one.plan.at_once_site_max = 1;
  one.traffic.tally.started = 1;
  EXPECT_EQ(one.reason(), Reason::offered);
  one.visit.open_at_site = 1;
  EXPECT_EQ(one.reason(), Reason::too_many_at_site);
  one.traffic.tally.started = 2;
  EXPECT_EQ(one.reason(), Reason::too_many_at_once);
  one.visit.is_busy = true;
  EXPECT_EQ(one.reason(), Reason::busy);
}

TEST(Decision, WaitsForTheDownloadsOfOthers) {
  Case one;
  one.plan.bytes_per_s_max = 100'000;  // 10 s for each
  one.traffic.bytes_free_at_s = kStart + 10;
  EXPECT_EQ(one.reason(), Reason::too_many_bytes);
  EXPECT_EQ(one.decide().until_s, kStart + 10);
  one.traffic.bytes_free_at_s = kStart;
  EXPECT_EQ(one.reason(), Reason::offered);
  one.traffic.bytes_free_at_s = kStart + kDay;  // the clock was set back
  EXPECT_EQ(one.reason(), Reason::offered);
}

TEST(Decision, WaitsBeforeAnotherAttempt) {
  Case one;
  one.take_part(End::open);
  one.part.retry_at_s = kStart + kHour;
  EXPECT_EQ(one.reason(), Reason::retry_later);
  EXPECT_EQ(one.decide().until_s, kStart + kHour);
  one.part.retry_at_s = kStart + kHour + 1;  // the clock was set back
  EXPECT_EQ(one.reason(), Reason::offered);
  one.part.retry_at_s = kStart;
  EXPECT_EQ(one.reason(), Reason::offered);
}

TEST(Decision, KeepsToTheWindow) {
  Case one;
  one.plan.window = {kTwo, kFive};
  one.visit.now_s = kMidnight;
  EXPECT_EQ(one.reason(), Reason::outside_window);
  EXPECT_EQ(one.decide().until_s, kMidnight + 2 * kHour);
  EXPECT_EQ(one.take_part(End::open).reason(), Reason::outside_window);
  one.visit.utc_offset_min = 120;
  EXPECT_EQ(one.reason(), Reason::offered);
}

TEST(Decision, NamesEachReasonEndAndSentence) {
  EXPECT_STREQ(name(Reason::too_many_bytes), "too_many_bytes");
  EXPECT_STREQ(sentence(Reason::busy), "is at another update");
  for (const End end : {End::open, End::skipped, End::returned}) {
    EXPECT_EQ(end_named(name(end)), end);
  }
  EXPECT_EQ(end_named("x"), std::nullopt);
}

TEST(Window, IsOpenFromItsFirstToBeforeItsLastSecond) {
  const Window night = {kTwo, kFive};
  EXPECT_EQ(window_opens_s(night, kMidnight + 2 * kHour, 0), kMidnight + 2 * kHour);
  EXPECT_EQ(window_opens_s(night, kMidnight + 5 * kHour - 1, 0), kMidnight + 5 * kHour - 1);
  EXPECT_EQ(window_opens_s(night, kMidnight + 5 * kHour, 0), kMidnight + kDay + 2 * kHour);
  EXPECT_EQ(window_opens_s({}, kMidnight, 0), kMidnight);
}

TEST(Window, GoesAcrossMidnight) {
  const Window late = {kTwentyThree, kTwo};
  for (const int64_t open : {kMidnight, kMidnight + 2 * kHour - 1, kMidnight + 23 * kHour}) {
    EXPECT_EQ(window_opens_s(late, open, 0), open);
  }
  EXPECT_EQ(window_opens_s(late, kMidnight + 2 * kHour, 0), kMidnight + 23 * kHour);
}

TEST(Window, IsOfTheDevicesOwnClock) {
  const Window night = {kTwo, kFive};
  // 22:00 UTC is 03:30 of the next day in India, and 12:00 of the same day in Hawaii.
  EXPECT_EQ(window_opens_s(night, kMidnight + 22 * kHour, 330), kMidnight + 22 * kHour);
  EXPECT_EQ(window_opens_s(night, kMidnight + 22 * kHour, -600), kMidnight + kDay + 12 * kHour);
  EXPECT_EQ(window_opens_s(night, 0, -600), 12 * kHour);  // before 1970, there
}

TEST(Attempt, IsRepeatedAfterAPauseUntilThereWereEnough) {
  Plan plan = staged_plan();
  plan.attempts_max = 2;
  const Part once = failed_attempt(plan, Part(), kStart);
  EXPECT_EQ(once.attempts, 1u);
  EXPECT_EQ(once.end, End::open);
  EXPECT_EQ(once.retry_at_s, kStart + kHour);
  EXPECT_TRUE(waits_for_retry(plan, once, kStart + kHour - 1));
  EXPECT_FALSE(waits_for_retry(plan, once, kStart + kHour));
  const Part twice = failed_attempt(plan, once, kStart + kHour);
  EXPECT_EQ(twice.end, End::failed);
  EXPECT_EQ(twice.ended_s, kStart + kHour);
}

TEST(Attempt, TakesItsShareOfTheRate) {
  Plan plan = staged_plan();
  EXPECT_EQ(download_us(plan), 0);
  plan.bytes_per_s_max = 3'000'000;
  EXPECT_EQ(download_us(plan), 333'333);
}

}  // namespace
}  // namespace otter::fleet
