// What becomes of removed devices, and of stages whose devices could not take the release.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/book_fixture.h"
#include "fleet/trial.h"

namespace otter::fleet {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

// As a server removes it; what is to be kept.
std::vector<PartRecord> remove(Desk& desk, const std::string& id) {
  const std::vector<PartRecord> parts = desk.book.parts_without(id);
  desk.book.drop(parts);
  desk.roster.lamps.erase(id);
  return parts;
}

TEST(BookRemoval, EndsWhatIsOpenWithoutCountingIt) {
  Desk desk(3);
  desk.begin(whole_plan());
  desk.visit_all();
  const std::vector<PartRecord> parts = remove(desk, "lamp-1");
  ASSERT_THAT(parts, SizeIs(1));
  EXPECT_EQ(parts[0].part.end, End::skipped);
  EXPECT_EQ(desk.view().all.open(), 2u);
  EXPECT_EQ(desk.view().all.ended(), 0u);
}

TEST(BookRemoval, LeavesWhatHasEnded) {
  Desk desk(2);
  desk.begin(whole_plan());
  desk.visit_and_confirm();
  remove(desk, "lamp-1");
  EXPECT_EQ(desk.view().all.confirmed, 2u);
}

// Neither the device nor its control is silent for that.
TEST(BookRemoval, IsNoEvidence) {
  Desk desk(10);
  Plan plan = staged_plan();
  plan.gates.health_alpha = 0.01;
  plan.gates.health_window_s = kHour;
  desk.begin(plan);
  ASSERT_EQ(desk.visit_and_confirm(), 1u);
  desk.visit_all();
  desk.step();
  const std::string device = desk.book.parts("r1", "", SIZE_MAX)[0].device;
  const std::string control = desk.book.parts("r1", "", SIZE_MAX)[0].pair.control;
  ASSERT_FALSE(control.empty());
  remove(desk, control);
  desk.pass(2 * kHour);
  EXPECT_EQ(desk.view().record.health.front().pairs, 0);
  EXPECT_THAT(desk.book.parts_without("nobody"), IsEmpty());
}

TEST(BookRemoval, IsNotMeasured) {
  Desk desk(10);
  TrialPlan trial;
  trial.id = "lamp/x";
  trial.product = "lamp";
  trial.arms = {{"control", "", 0}, {"b", "2", 1000}};
  trial.metric = Metric::any_reset;
  trial.watch_s = kHour;
  for (size_t index = 0; index < 2; ++index) {
    RolloutRecord record;
    record.plan = arm_plan(trial, index);
    desk.book.adopt(record);
  }
  desk.step();
  desk.visit_all();
  desk.step();
  remove(desk, "lamp-1");
  for (auto& [id, lamp] : desk.roster.lamps) lamp.vitals.seen_s = desk.now_s + kHour;
  desk.pass(kHour);
  size_t measured = 0;
  for (const Book::ArmView& arm : desk.book.arms("lamp/x", desk.now_s)) {
    measured += arm.values.size();
    for (const double value : arm.values) EXPECT_EQ(value, 0);
  }
  EXPECT_EQ(measured, 9u);
}

// As where the release has expired, or its key is revoked.
TEST(BookNobody, HoldsAStageInWhichNobodyCouldTakeIt) {
  Desk desk(20);
  for (auto& [id, lamp] : desk.roster.lamps) lamp.unfit = "expired";
  desk.begin(staged_plan());
  desk.visit_all();
  desk.pass(2 * kHour);
  EXPECT_EQ(desk.phase(), Phase::halted);
  EXPECT_EQ(desk.view().record.state.cause, Cause::nobody);
  EXPECT_THAT(desk.view().record.state.detail, testing::HasSubstr("2 can't take it"));
  EXPECT_EQ(desk.view().record.state.stage, 0u);
  for (const PartRecord& part : desk.book.parts("r1", "", SIZE_MAX)) {
    EXPECT_EQ(part.part.reason, Reason::unfit);
  }
}

TEST(BookNobody, LetsAStageThroughThatHasItAlready) {
  Desk desk(20);
  for (auto& [id, lamp] : desk.roster.lamps) lamp.version = "2";
  desk.begin(staged_plan());
  desk.visit_all();
  EXPECT_EQ(desk.view().all.present, 2u);
  desk.pass(2 * kHour);
  EXPECT_EQ(desk.view().record.state.stage, 1u);
}

TEST(BookNobody, LetsAStageThroughOfWhichSomeCouldTakeIt) {
  Desk desk(20);
  desk.begin(staged_plan());
  desk.roster.lamps.at(desk.roster.ids_by_place(staged_plan())[0]).unfit = "slot_too_small";
  desk.visit_and_confirm();
  desk.pass(2 * kHour);
  EXPECT_EQ(desk.view().record.state.stage, 1u);
}

}  // namespace
}  // namespace otter::fleet
