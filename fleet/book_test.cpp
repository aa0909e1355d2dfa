#include "fleet/book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/book_fixture.h"

namespace otter::fleet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// A second rollout, with the mend of the first one's release.
Plan fix_plan() {
  Plan plan = whole_plan();
  plan.id = "r2";
  plan.version = "3";
  return plan;
}

State halted(const Plan&, const State& state, const Facts& facts) {
  return halt(state, facts.now_s, "");
}
State resumed(const Plan&, const State& state, const Facts& facts) {
  return resume(state, facts.now_s);
}
State taken_back(const Plan&, const State& state, const Facts& facts) {
  return take_back(state, facts.now_s, "");
}

TEST(Book, TakesAReleaseThroughItsStages) {
  Desk desk(20);
  desk.begin(staged_plan());
  const std::vector<std::string> order = desk.roster.ids_by_place(staged_plan());
  EXPECT_THAT(desk.visit_all(), testing::UnorderedElementsAre(order[0], order[1]));
  for (int place = 0; place < 2; ++place) desk.report(order[place], Word::confirmed);
  desk.step();
  EXPECT_EQ(desk.phase(), Phase::baking);
  EXPECT_THAT(desk.visit_all(), IsEmpty());
  desk.pass(2 * kHour);
  EXPECT_EQ(desk.visit_and_confirm(), 8u);
  desk.step();
  desk.pass(2 * kHour);
  EXPECT_EQ(desk.visit_and_confirm(), 10u);
  desk.step();
  desk.pass(2 * kHour);
  EXPECT_EQ(desk.phase(), Phase::complete);
  EXPECT_EQ(desk.view().all.confirmed, 20u);
}

TEST(Book, GivesAPartOnceAndOffersItAgain) {
  Desk desk(1);
  desk.begin(whole_plan());
  const Choice first = desk.visit("lamp-0");
  ASSERT_TRUE(first.starts.has_value());
  EXPECT_EQ(first.starts->part.started_s, kStart);
  EXPECT_EQ(first.version, "2");
  const Choice second = desk.visit("lamp-0");
  EXPECT_EQ(second.rollout, "r1");
  EXPECT_FALSE(second.starts.has_value());
}

TEST(Book, OffersNothingBeforeTheGroupIsKnown) {
  Desk desk(5);
  RolloutRecord record;
  record.plan = whole_plan();
  record.state.phase = Phase::filling;
  record.state.bound = UINT64_MAX;
  desk.book.adopt(record);
  EXPECT_THAT(desk.visit_all(), IsEmpty());
  desk.step();
  EXPECT_THAT(desk.visit_all(), SizeIs(5));
}

TEST(Book, KnowsNothingOfOtherProducts) {
  Desk desk(1);
  Plan plan = whole_plan();
  plan.product = "door";
  desk.begin(plan);
  EXPECT_EQ(desk.visit("lamp-0").rollout, "");
  EXPECT_THAT(desk.book.explain(LampGuest(desk.roster.lamps.at("lamp-0")), kStart), IsEmpty());
}

TEST(Book, KeepsAStageOfADeviceThatNeedsNothing) {
  Desk desk(20);
  const std::vector<std::string> order = desk.roster.ids_by_place(staged_plan());
  for (int place = 0; place < 2; ++place) desk.roster.lamps.at(order[place]).version = "2";
  desk.begin(staged_plan());
  EXPECT_THAT(desk.visit_all(), IsEmpty());
  EXPECT_EQ(desk.view().stage.skipped, 2u);
  desk.pass(2 * kHour);
  EXPECT_EQ(desk.view().record.state.stage, 1u);  // it had nobody to wait for
  desk.roster.lamps.at(order[0]).version = "1";
  EXPECT_TRUE(desk.visit(order[0]).starts.has_value());
  EXPECT_EQ(desk.view().all.skipped, 1u);
}

TEST(Book, RepeatsAnAttemptAndThenGivesUp) {
  Desk desk(1);
  Plan plan = whole_plan();
  plan.attempts_max = 2;
  desk.begin(plan);
  desk.visit("lamp-0");
  desk.report("lamp-0", Word::failed);
  desk.report("lamp-0", Word::failed);  // the same one again
  EXPECT_EQ(desk.visit("lamp-0").rollout, "");
  EXPECT_EQ(desk.decision("lamp-0").reason, Reason::retry_later);
  desk.pass(kHour);
  EXPECT_EQ(desk.visit("lamp-0").rollout, "r1");
  desk.report("lamp-0", Word::failed);
  EXPECT_EQ(desk.end_of("lamp-0"), End::failed);
  desk.report("lamp-0", Word::confirmed);  // by hand, or it had begun already
  EXPECT_EQ(desk.end_of("lamp-0"), End::confirmed);
  EXPECT_EQ(desk.view().all.failing(), 0u);
}

// Devices have an hour.
Plan short_plan() {
  Plan plan = whole_plan();
  plan.time_limit_s = kHour;
  return plan;
}

TEST(Book, LosesADeviceAfterItsTimeAndFindsItAgain) {
  Desk desk(2);
  desk.begin(short_plan());
  desk.visit_all();
  desk.pass(kHour - 1);
  EXPECT_EQ(desk.end_of("lamp-0"), End::open);
  desk.pass(1);
  EXPECT_EQ(desk.end_of("lamp-0"), End::lost);
  EXPECT_EQ(desk.phase(), Phase::halted);
  desk.report("lamp-0", Word::confirmed);
  EXPECT_EQ(desk.end_of("lamp-0"), End::confirmed);
  EXPECT_EQ(desk.view().all.lost, 1u);
}

TEST(Book, LosesNobodyBeforeTheyCouldBeHeardOfAfterAGap) {
  Desk desk(1);
  desk.begin(short_plan());
  desk.visit_all();
  desk.jump(9 * kDay);
  EXPECT_EQ(desk.end_of("lamp-0"), End::open);
  desk.pass(2 * kCheckInterval - 1);
  EXPECT_EQ(desk.end_of("lamp-0"), End::open);
  desk.pass(1);
  EXPECT_EQ(desk.end_of("lamp-0"), End::lost);
}

TEST(Book, LosesDevicesOfARolloutThatIsAborted) {
  Desk desk(1);
  desk.begin(short_plan());
  desk.visit_all();
  desk.want(aborted);
  desk.pass(2 * kHour);
  EXPECT_EQ(desk.end_of("lamp-0"), End::lost);
}

TEST(Book, BeginsADevicesTimeAnewWhenTheClockIsSetBack) {
  Desk desk(1);
  desk.begin(short_plan());
  desk.visit_all();
  desk.jump(-30 * kDay);
  desk.pass(2 * kHour);
  EXPECT_EQ(desk.end_of("lamp-0"), End::lost);
}

TEST(Book, TakesARollbackAfterAConfirmation) {
  Desk desk(1);
  desk.begin(whole_plan());
  desk.visit_all();
  desk.report("lamp-0", Word::confirmed);
  desk.report("lamp-0", Word::rolled_back);
  EXPECT_EQ(desk.end_of("lamp-0"), End::rolled_back);
  desk.report("lamp-0", Word::confirmed);  // an old report, late
  EXPECT_EQ(desk.end_of("lamp-0"), End::rolled_back);
  desk.report("lamp-0", Word::refused);
  EXPECT_EQ(desk.end_of("lamp-0"), End::rolled_back);
}

TEST(Book, TakesNoWordOfWhoHasNoPart) {
  Desk desk(2);
  desk.roster.lamps.at("lamp-0").unfit = "small";
  desk.begin(whole_plan());
  desk.visit("lamp-0");
  desk.book.note("lamp", "2", "lamp-0", Word::confirmed, kStart);
  desk.book.note("lamp", "2", "lamp-1", Word::confirmed, kStart);
  desk.book.note("lamp", "9", "lamp-1", Word::confirmed, kStart);
  desk.book.note("door", "2", "lamp-1", Word::confirmed, kStart);
  EXPECT_EQ(desk.view().all.started, 0u);
}

TEST(Book, TakesBackUntilNobodyRunsIt) {
  Desk desk(3);
  desk.begin(whole_plan());
  desk.visit_all();
  desk.report("lamp-0", Word::confirmed);
  desk.report("lamp-1", Word::confirmed);
  EXPECT_TRUE(desk.want(taken_back));
  EXPECT_TRUE(desk.visit("lamp-0").goes_back);
  EXPECT_EQ(desk.visit("lamp-2").rollout, "");
  desk.report("lamp-2", Word::confirmed);  // it was at it
  EXPECT_TRUE(desk.visit("lamp-2").goes_back);
  desk.report("lamp-0", Word::rolled_back);
  desk.roster.lamps.at("lamp-1").version = "1";  // without a word
  EXPECT_FALSE(desk.visit("lamp-1").goes_back);
  desk.step();
  EXPECT_EQ(desk.phase(), Phase::returning);
  desk.report("lamp-2", Word::rolled_back);
  desk.step();
  EXPECT_EQ(desk.phase(), Phase::returned);
  EXPECT_EQ(desk.view().all.returned, 3u);
}

TEST(Book, TakesBackFromWhoConfirmsAfterItHasReturned) {
  Desk desk(1);
  desk.begin(short_plan());
  desk.visit_all();
  desk.want(taken_back);
  desk.pass(2 * kHour);
  EXPECT_EQ(desk.phase(), Phase::returned);
  desk.report("lamp-0", Word::confirmed);
  EXPECT_TRUE(desk.visit("lamp-0").goes_back);
  desk.report("lamp-0", Word::rolled_back);
  EXPECT_EQ(desk.end_of("lamp-0"), End::returned);
}

TEST(Book, OffersNothingWhileHaltedAndGoesOnAfterwards) {
  Desk desk(2);
  desk.begin(whole_plan());
  desk.visit("lamp-0");
  desk.want(halted);
  EXPECT_THAT(desk.visit_all(), IsEmpty());
  desk.want(resumed);
  EXPECT_THAT(desk.visit_all(), SizeIs(2));
}

TEST(Book, AsksTheHighestPriorityFirst) {
  Desk desk(1);
  desk.begin(whole_plan());
  Plan urgent = fix_plan();
  urgent.priority = 1;
  desk.begin(urgent);
  EXPECT_EQ(desk.visit("lamp-0").rollout, "r2");
  EXPECT_EQ(desk.decision("lamp-0", "r1").reason, Reason::busy);
}

TEST(Book, TakesAnotherPriorityWithANewPlan) {
  Desk desk(1);
  desk.begin(whole_plan());
  desk.begin(fix_plan());
  RolloutRecord record = desk.view("r2").record;
  record.plan.priority = 1;
  ++record.revision;
  desk.book.adopt(record);
  EXPECT_EQ(desk.visit("lamp-0").rollout, "r2");
}

TEST(Book, HasADeviceAtOneRolloutAtATime) {
  Desk desk(1);
  desk.begin(whole_plan());
  desk.begin(fix_plan());
  desk.visit("lamp-0");
  EXPECT_EQ(desk.decision("lamp-0", "r2").reason, Reason::busy);
  desk.report("lamp-0", Word::confirmed);
  EXPECT_EQ(desk.visit("lamp-0").rollout, "r2");
}

TEST(Book, LetsDevicesOfAHaltedRolloutTakeTheMend) {
  Desk desk(1);
  desk.begin(whole_plan());
  desk.visit("lamp-0");
  desk.want(halted);
  desk.begin(fix_plan());
  EXPECT_EQ(desk.visit("lamp-0").rollout, "r2");
  desk.want(resumed);
  EXPECT_EQ(desk.decision("lamp-0", "r1").reason, Reason::busy);
  EXPECT_EQ(desk.visit("lamp-0").rollout, "r2");
  desk.report("lamp-0", Word::refused, "3");
  EXPECT_EQ(desk.visit("lamp-0").rollout, "r1");
  EXPECT_EQ(desk.decision("lamp-0", "r2").reason, Reason::settled);
}

TEST(Book, KnowsAfterARestartWhichOfferIsTheDevices) {
  Desk desk(1), again(1);
  desk.begin(whole_plan());
  desk.visit("lamp-0");
  desk.want(halted);
  desk.begin(fix_plan());
  desk.pass(1);
  desk.visit("lamp-0");
  desk.want(resumed);
  restart(desk, again);
  EXPECT_EQ(again.decision("lamp-0", "r1").reason, Reason::busy);
  EXPECT_EQ(again.visit("lamp-0").rollout, "r2");
}

TEST(Book, KeepsToTheCaps) {
  Desk desk(4);
  Plan plan = whole_plan();
  plan.at_once_max = 2;
  plan.at_once_site_max = 1;
  desk.roster.lamps.at("lamp-2").site = "203.0.113.1";
  desk.roster.lamps.at("lamp-3").site = "203.0.113.2";
  desk.begin(plan);
  EXPECT_THAT(desk.visit_all(), ElementsAre("lamp-0", "lamp-2"));
  EXPECT_EQ(desk.decision("lamp-1").reason, Reason::too_many_at_once);
  desk.report("lamp-2", Word::confirmed);
  EXPECT_EQ(desk.decision("lamp-1").reason, Reason::too_many_at_site);
  EXPECT_EQ(desk.visit("lamp-3").rollout, "r1");
}

TEST(Book, KeepsToTheRateOfDownloads) {
  Desk desk(10);
  Plan plan = whole_plan();
  plan.bytes_per_s_max = 400'000;  // 2.5 s for each
  desk.begin(plan);
  for (int second = 0; second < 10; ++second) {
    desk.visit_all();
    ++desk.now_s;
  }
  EXPECT_EQ(desk.view().all.started, 4u);
  desk.now_s -= kDay;
  EXPECT_THAT(desk.visit_all(), SizeIs(5));  // one more, and who is at it
}

TEST(Book, TakesLatecomersOrNot) {
  for (const bool takes_late : {true, false}) {
    Desk desk(2);
    Plan plan = whole_plan();
    plan.takes_late = takes_late;
    desk.begin(plan);
    desk.roster.lamps.at("lamp-1").created_s = kStart + 1;
    EXPECT_THAT(desk.visit_all(), SizeIs(takes_late ? 2 : 1));
  }
}

TEST(Book, ServesWhoIsLeftWhenOthersHaveLeftTheGroup) {
  Desk desk(10);
  desk.begin(whole_plan());
  for (int number = 0; number < 5; ++number) {
    const std::string id = "lamp-" + std::to_string(number);
    desk.visit(id);
    desk.report(id, Word::confirmed);
    desk.roster.lamps.at(id).is_in_group = false;
  }
  desk.pass(kHour);
  EXPECT_EQ(desk.view().members, 5u);
  EXPECT_THAT(desk.visit_all(), SizeIs(5));
}

TEST(Book, WithdrawsWithoutATrace) {
  Desk desk(3), other(3);
  Plan plan = whole_plan();
  plan.bytes_per_s_max = 1;
  plan.at_once_site_max = 1;
  for (Desk* each : {&desk, &other}) each->begin(plan);
  const Choice choice = desk.ask("lamp-0");
  desk.book.withdraw(*choice.starts);
  EXPECT_EQ(desk.view().all, Tally());
  EXPECT_THAT(desk.book.parts("r1", "", 9), IsEmpty());
  EXPECT_THAT(desk.book.take_changed_parts(), IsEmpty());
  EXPECT_TRUE(desk.visit("lamp-1").starts.has_value());
  EXPECT_TRUE(other.visit("lamp-1").starts.has_value());
  EXPECT_EQ(desk.decision("lamp-2").reason, other.decision("lamp-2").reason);
}

TEST(Book, WithdrawsToTheSkippedPartThatWasBefore) {
  Desk desk(1);
  desk.begin(whole_plan());
  desk.roster.lamps.at("lamp-0").unfit = "small";
  desk.visit("lamp-0");
  desk.roster.lamps.at("lamp-0").unfit = nullptr;
  const Choice choice = desk.ask("lamp-0");
  EXPECT_EQ(desk.view().all.skipped, 0u);
  desk.book.withdraw(*choice.starts);
  EXPECT_EQ(desk.view().all.skipped, 1u);
  EXPECT_EQ(desk.view().all.started, 0u);
}

TEST(Book, WithdrawsOnlyWhatIsOpen) {
  Desk desk(1);
  desk.begin(whole_plan());
  const Choice choice = desk.ask("lamp-0");
  desk.report("lamp-0", Word::confirmed);
  desk.book.withdraw(*choice.starts);
  EXPECT_EQ(desk.view().all.confirmed, 1u);
  PartRecord stranger = *choice.starts;
  stranger.rollout = "r9";
  desk.book.withdraw(stranger);
}

TEST(Book, GivesChangedPartsOnceAndAgainWhereTheyCouldNotBeKept) {
  Desk desk(2);
  desk.begin(whole_plan());
  desk.visit_all();
  desk.report("lamp-0", Word::confirmed);
  const std::vector<PartRecord> changed = desk.book.take_changed_parts();
  EXPECT_THAT(changed, SizeIs(2));
  EXPECT_THAT(desk.book.take_changed_parts(), IsEmpty());
  desk.report("lamp-1", Word::confirmed);
  desk.book.return_changed_parts(changed);
  const std::vector<PartRecord> again = desk.book.take_changed_parts();
  ASSERT_THAT(again, SizeIs(2));
  EXPECT_EQ(again[1].part.end, End::confirmed);
}

TEST(Book, SaysTheSameAfterARestart) {
  Desk desk(40), again(40);
  desk.begin(staged_plan());
  desk.roster.lamps.at(desk.roster.ids_by_place(staged_plan())[3]).unfit = "small";
  desk.visit_all();
  desk.report(desk.roster.ids_by_place(staged_plan())[0], Word::confirmed);
  restart(desk, again);
  EXPECT_EQ(again.view().all, desk.view().all);
  EXPECT_EQ(again.view().stage, desk.view().stage);
  for (const auto& [id, lamp] : desk.roster.lamps) {
    EXPECT_EQ(again.decision(id).reason, desk.decision(id).reason) << id;
  }
  EXPECT_THAT(again.book.take_changed_parts(), IsEmpty());
}

TEST(Book, AdoptsNoOldRevision) {
  Desk desk(1);
  desk.begin(whole_plan());
  RolloutRecord old = desk.view().record;
  desk.want(halted);
  desk.book.adopt(old);
  EXPECT_EQ(desk.phase(), Phase::halted);
  old.revision = desk.view().record.revision;  // of another who was later
  desk.book.adopt(old);
  EXPECT_EQ(desk.phase(), Phase::halted);
}

TEST(Book, ChangesNothingWhereAWishCannotBeHad) {
  Desk desk(1);
  desk.begin(whole_plan());
  EXPECT_FALSE(desk.want(resumed));
  EXPECT_TRUE(desk.want(aborted));
  EXPECT_FALSE(desk.want(halted));
  EXPECT_FALSE(desk.book.wanted("r9", halted, kStart).has_value());
  EXPECT_FALSE(desk.book.view_one("r9", kStart).has_value());
}

TEST(Book, ProposesTheSameAgainUntilItIsAdopted) {
  Desk desk(1);
  RolloutRecord record;
  record.plan = whole_plan();
  desk.book.adopt(record);
  EXPECT_THAT(desk.book.propose(kStart), SizeIs(1));
  const std::vector<RolloutRecord> again = desk.book.propose(kStart);
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].revision, 1);
  EXPECT_THAT(desk.visit_all(), IsEmpty());
  desk.book.adopt(again[0]);
  EXPECT_THAT(desk.book.propose(kStart), IsEmpty());
}

TEST(Book, ListsPartsInPages) {
  Desk desk(5);
  desk.begin(whole_plan());
  desk.visit_all();
  const std::vector<PartRecord> page = desk.book.parts("r1", "lamp-1", 2);
  ASSERT_THAT(page, SizeIs(2));
  EXPECT_EQ(page[0].device, "lamp-2");
  EXPECT_EQ(page[1].device, "lamp-3");
  EXPECT_THAT(desk.book.parts("r9", "", 2), IsEmpty());
}

TEST(Book, StandsStillForAGroupOfNone) {
  Desk desk(0);
  desk.begin(staged_plan());
  desk.pass(kDay);
  EXPECT_EQ(desk.phase(), Phase::waiting);
}

}  // namespace
}  // namespace otter::fleet
