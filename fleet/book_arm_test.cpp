// What a Book does with arms of experiments beside rollouts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/book_fixture.h"
#include "fleet/trial.h"

namespace otter::fleet {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr int kLamps = 40;

TrialPlan trial_of(const std::string& id, const std::string& version) {
  TrialPlan plan;
  plan.id = id;
  plan.product = "lamp";
  plan.arms = {{"control", "", 0}, {"b", version, 1000}};
  plan.metric = Metric::any_reset;
  plan.watch_s = kHour;
  return plan;
}

void adopt(Desk& desk, const TrialPlan& plan) {
  for (size_t index = 0; index < plan.arms.size(); ++index) {
    RolloutRecord record;
    record.plan = arm_plan(plan, index);
    desk.book.adopt(record);
  }
  desk.step();
}

void end(Desk& desk, const TrialPlan& plan) {
  for (const TrialArm& arm : plan.arms) desk.want(aborted, plan.id + kArmMark + arm.name);
}

std::vector<std::string> ids_in(Desk& desk, const std::string& rollout) {
  std::vector<std::string> ids;
  for (const PartRecord& part : desk.book.parts(rollout, "", SIZE_MAX)) ids.push_back(part.device);
  return ids;
}

class BookArm : public testing::Test {
 protected:
  Reason reason(const std::string& id, const std::string& rollout) {
    return desk_.decision(id, rollout).reason;
  }
  Desk desk_{kLamps};
  const TrialPlan trial_ = trial_of("lamp/x", "2");
};

TEST_F(BookArm, DividesDevicesAndOffersTheReleaseToItsArm) {
  adopt(desk_, trial_);
  const std::vector<std::string> offered = desk_.visit_all();
  EXPECT_EQ(offered, ids_in(desk_, "lamp/x#b"));
  EXPECT_EQ(offered.size() + ids_in(desk_, "lamp/x#control").size(), size_t{kLamps});
  EXPECT_GT(offered.size(), 10u);
  EXPECT_EQ(reason(offered[0], "lamp/x#b"), Reason::offered);
  EXPECT_EQ(reason(ids_in(desk_, "lamp/x#control")[0], "lamp/x#control"), Reason::control);
}

TEST_F(BookArm, ExplainsADeviceByItsArmAlone) {
  adopt(desk_, trial_);
  for (const auto& [id, lamp] : desk_.roster.lamps) {
    const std::vector<Line> lines = desk_.book.explain(LampGuest(lamp), desk_.now_s);
    ASSERT_THAT(lines, SizeIs(1));
    EXPECT_EQ(lines[0].experiment, "lamp/x");
    const bool is_offered = !desk_.visit(id).rollout.empty();
    EXPECT_EQ(lines[0].decision.offers(), is_offered) << id;
    EXPECT_EQ(lines[0].arm, is_offered ? "b" : "control");
  }
}

// A rollout of no higher priority waits, also for the devices that keep what they run.
TEST_F(BookArm, KeepsItsDevicesFromRollouts) {
  adopt(desk_, trial_);
  Plan rollout = whole_plan();
  rollout.version = "3";
  desk_.begin(rollout);
  const std::string control = [&] {
    desk_.visit_all();
    return ids_in(desk_, "lamp/x#control").front();
  }();
  EXPECT_THAT(ids_in(desk_, "r1"), IsEmpty());
  EXPECT_EQ(reason(control, "r1"), Reason::in_experiment);
  end(desk_, trial_);
  EXPECT_EQ(desk_.visit(control).rollout, "r1");
}

TEST_F(BookArm, GivesWayToARolloutOfHigherPriority) {
  adopt(desk_, trial_);
  Plan rollout = whole_plan();
  rollout.version = "3";
  rollout.priority = 1;
  desk_.begin(rollout);
  EXPECT_THAT(desk_.visit_all(), SizeIs(kLamps));
  EXPECT_THAT(ids_in(desk_, "r1"), SizeIs(kLamps));
  EXPECT_THAT(ids_in(desk_, "lamp/x#b"), IsEmpty());
}

TEST_F(BookArm, TakesNoDeviceThatIsAtARollout) {
  desk_.begin(staged_plan());
  const std::vector<std::string> first = desk_.visit_all();
  ASSERT_THAT(first, SizeIs(4));
  adopt(desk_, trial_of("lamp/x", "3"));
  desk_.visit_all();
  EXPECT_EQ(ids_in(desk_, "lamp/x#b").size() + ids_in(desk_, "lamp/x#control").size(),
            size_t{kLamps} - first.size());
  desk_.report(first[0], Word::confirmed);
  desk_.visit(first[0]);
  EXPECT_EQ(ids_in(desk_, "lamp/x#b").size() + ids_in(desk_, "lamp/x#control").size(),
            size_t{kLamps} - first.size() + 1);
}

TEST_F(BookArm, TakesNoDeviceOfAnotherExperiment) {
  adopt(desk_, trial_of("lamp/y", "3"));
  desk_.visit_all();
  adopt(desk_, trial_);  // which comes before it in the order
  desk_.visit_all();
  EXPECT_THAT(ids_in(desk_, "lamp/x#b"), IsEmpty());
  EXPECT_THAT(ids_in(desk_, "lamp/x#control"), IsEmpty());
  end(desk_, trial_of("lamp/y", "3"));
  for (const std::string& id : ids_in(desk_, "lamp/y#control")) desk_.visit(id);
  EXPECT_FALSE(ids_in(desk_, "lamp/x#control").empty());
}

// Whatever arm is dealt to a device, it enters under the same conditions.
TEST_F(BookArm, TakesOnlyDevicesThatCouldTakeEachArm) {
  desk_.roster.lamps.at("lamp-0").failed.insert("2");
  desk_.roster.lamps.at("lamp-1").unfit = "slot_too_small";
  adopt(desk_, trial_);
  desk_.visit_all();
  EXPECT_EQ(ids_in(desk_, "lamp/x#b").size() + ids_in(desk_, "lamp/x#control").size(),
            size_t{kLamps} - 2);
}

TEST_F(BookArm, TakesAShareOfTheGroup) {
  TrialPlan half = trial_;
  half.share = kWhole / 2;
  adopt(desk_, half);
  desk_.visit_all();
  const size_t entered = ids_in(desk_, "lamp/x#b").size() + ids_in(desk_, "lamp/x#control").size();
  EXPECT_NEAR(static_cast<double>(entered), kLamps / 2.0, 1);
}

TEST_F(BookArm, MeasuresEachDeviceFromItsEntryOn) {
  desk_.roster.lamps.at("lamp-3").vitals.resets = 7;  // before
  adopt(desk_, trial_);
  desk_.visit_all();
  desk_.step();
  for (auto& [id, lamp] : desk_.roster.lamps) {
    if (id < "lamp-2") ++lamp.vitals.resets;
  }
  desk_.pass(kHour - 1);
  EXPECT_THAT(desk_.book.arms("lamp/x", desk_.now_s)[0].values, IsEmpty());
  for (auto& [id, lamp] : desk_.roster.lamps) lamp.vitals.seen_s = desk_.now_s;
  desk_.pass(1);
  double sum = 0;
  size_t count = 0;
  for (const Book::ArmView& arm : desk_.book.arms("lamp/x", desk_.now_s)) {
    for (const double value : arm.values) sum += value;
    count += arm.values.size();
  }
  EXPECT_EQ(count, size_t{kLamps});
  EXPECT_EQ(sum, 12);  // lamp-0, lamp-1 and lamp-10 to lamp-19
}

TEST_F(BookArm, StopsAnArmWhoseDevicesFail) {
  adopt(desk_, trial_);
  const std::vector<std::string> offered = desk_.visit_all();
  for (size_t index = 0; index < 6; ++index) desk_.report(offered[index], Word::rolled_back);
  desk_.step();
  EXPECT_EQ(desk_.phase("lamp/x#b"), Phase::halted);
  EXPECT_TRUE(is_offering(desk_.phase("lamp/x#control")));
}

// Arm, entry and figures are the same; nobody is offered anything twice.
TEST_F(BookArm, GoesOnAfterARestart) {
  adopt(desk_, trial_);
  const std::vector<std::string> offered = desk_.visit_all();
  desk_.report(offered[0], Word::confirmed);
  desk_.step();
  Desk again(kLamps);
  again.now_s = desk_.now_s;
  again.roster.lamps = desk_.roster.lamps;
  std::vector<PartRecord> parts;
  for (const Book::ArmView& arm : desk_.book.arms("lamp/x", desk_.now_s)) {
    again.book.adopt(arm.view.record);
    const auto more = desk_.book.parts(arm.view.record.plan.id, "", SIZE_MAX);
    parts.insert(parts.end(), more.begin(), more.end());
  }
  again.book.load(parts);
  again.step();
  EXPECT_THAT(ids_in(again, "lamp/x#b"), testing::ElementsAreArray(offered));
  EXPECT_FALSE(again.visit(offered[1]).starts.has_value());
  EXPECT_TRUE(again.visit(offered[0]).rollout.empty());
  for (auto& [id, lamp] : again.roster.lamps) lamp.vitals.seen_s = again.now_s;
  again.pass(kHour);
  size_t measured = 0;
  for (const Book::ArmView& arm : again.book.arms("lamp/x", again.now_s)) {
    measured += arm.values.size();
  }
  EXPECT_EQ(measured, size_t{kLamps});
}

TEST_F(BookArm, IsNoRolloutToPeople) {
  adopt(desk_, trial_);
  EXPECT_THAT(desk_.book.view("lamp", desk_.now_s), IsEmpty());
  EXPECT_THAT(desk_.book.arms("lamp/x", desk_.now_s), SizeIs(2));
  EXPECT_THAT(desk_.book.arms("lamp/", desk_.now_s), IsEmpty());
}

// Two check-ins of one device at once: each has to wait until the part is on disk.
TEST_F(BookArm, HasEachOfferWaitUntilThePartIsDurable) {
  desk_.begin(whole_plan());
  const Choice first = desk_.ask("lamp-0");
  const Choice second = desk_.ask("lamp-0");
  ASSERT_TRUE(first.starts.has_value());
  ASSERT_TRUE(second.starts.has_value());
  desk_.book.withdraw(*first.starts);
  EXPECT_THAT(ids_in(desk_, "r1"), SizeIs(1));  // the other one may be written
  desk_.book.confirm(*second.starts);
  EXPECT_FALSE(desk_.ask("lamp-0").starts.has_value());
  desk_.book.withdraw(*second.starts);  // of what is durable it is none
  EXPECT_THAT(ids_in(desk_, "r1"), SizeIs(1));
}

TEST_F(BookArm, HasNotBegunIfNeitherCouldBeKept) {
  desk_.begin(whole_plan());
  const Choice first = desk_.ask("lamp-0");
  const Choice second = desk_.ask("lamp-0");
  desk_.book.withdraw(*first.starts);
  desk_.book.withdraw(*second.starts);
  EXPECT_THAT(ids_in(desk_, "r1"), IsEmpty());
}

}  // namespace
}  // namespace otter::fleet
