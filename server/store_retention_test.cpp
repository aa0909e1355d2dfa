// What every Store must do with old reports, whatever its database.
#include "server/store_fixture.h"

namespace otter::server {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

TEST_P(StoreTest, TurnsOldReportsIntoCounts) {
  add_lamp();
  const Release release = add_release("1.0.1", 2);
  add_report(*store_, report_of("a", Outcome::failed, release));
  add_report(*store_, report_of("b", Outcome::failed, release));
  EXPECT_EQ(store_->roll_up({kNow + 5, 0}, 10), 0U);  // not before it was received
  EXPECT_EQ(store_->roll_up({kNow + 6, 0}, 1), 1U);
  EXPECT_EQ(store_->reports({.device = "lamp-7", .count_max = 10}).at(0).id, "b");
  EXPECT_EQ(store_->roll_up({kNow + 6, 0}, 10), 1U);
  reopen();
  EXPECT_THAT(store_->reports({.device = "lamp-7", .count_max = 10}), IsEmpty());
  const std::vector<ReportCount> counts = store_->report_counts("lamp");
  ASSERT_THAT(counts, SizeIs(1));
  EXPECT_EQ(counts[0].version, "1.0.1");
  EXPECT_EQ(counts[0].outcome, Outcome::failed);
  EXPECT_EQ(counts[0].day, kNow / 86400);
  EXPECT_EQ(counts[0].count, 2);
}

TEST_P(StoreTest, KeepsOutcomesOfReportsThatAreRolledUp) {
  add_lamp();
  add_report(*store_, report_of("a", Outcome::rolled_back, add_release("1.0.1", 2)));
  store_->roll_up({kNow + 6, 0}, 10);
  EXPECT_EQ(outcome_of_lamp_7(), "rolled_back");
}

TEST_P(StoreTest, CountsTheNewestReportOfADeviceOnceAlsoWhenItIsRolledUp) {
  add_lamp();
  const Report report = report_of("a", Outcome::failed, add_release("1.0.1", 2));
  EXPECT_TRUE(add_report(*store_, report));
  store_->roll_up({kNow + 6, 0}, 10);
  EXPECT_FALSE(add_report(*store_, report));
}

TEST_P(StoreTest, ForgetsOldCounts) {
  add_lamp();
  add_report(*store_, report_of("a", Outcome::failed, add_release("1.0.1", 2)));
  store_->roll_up({kNow + 6, kNow / 86400}, 10);
  EXPECT_THAT(store_->report_counts("lamp"), SizeIs(1));
  EXPECT_EQ(store_->roll_up({0, kNow / 86400 + 1}, 10), 1U);
  EXPECT_THAT(store_->report_counts("lamp"), IsEmpty());
}

}  // namespace
}  // namespace otter::server
