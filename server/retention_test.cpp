#include "server/retention.h"

#include <gmock/gmock.h>

#include "server/store_fixture.h"
#include "server/store_sqlite_connection.h"

namespace otter::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int64_t kDay = 24 * 3600;  // [s]

// A server with a clock of its own and devices that report.
class RetentionTest : public testing::Test {
 protected:
  RetentionTest() {
    settings_.keep_reports_days = 90;
    settings_.keep_counts_days = 365;
    store_->add_product(product_named("lamp"), digest_number(1));
    store_->add_release(release_);
  }
  void report(const std::string& id, Outcome outcome, const std::string& device = "lamp-7") {
    Report report = report_of(id, outcome, release_);
    report.device = device;
    report.received_s = now_s_;
    add_report(*store_, report);
  }
  size_t tidy() { return keep_to_limits(*store_, retention_limits(settings_, now_s_)); }
  void pass(int64_t days) { now_s_ += days * kDay; }
  size_t kept(const std::string& device = "lamp-7") {
    return store_->reports({.device = device, .count_max = 1000}).size();
  }
  // "VERSION OUTCOME DAY COUNT", days from the first.
  std::vector<std::string> counts() {
    std::vector<std::string> lines;
    for (const ReportCount& count : store_->report_counts("lamp")) {
      lines.push_back(count.version + " " + name(count.outcome) + " " +
                      std::to_string(count.day - kNow / kDay) + " " + std::to_string(count.count));
    }
    return lines;
  }

  TemporaryFolder folder_;
  ServerSettings settings_;
  std::unique_ptr<Store> store_ = open_sqlite_store(folder_.file("otter.sqlite"));
  const Release release_ = release_of("1.0.1", 2);
  int64_t now_s_ = kNow;
};

TEST_F(RetentionTest, KeepsReportsForTheirTime) {
  report("a", Outcome::confirmed);
  pass(90);
  EXPECT_EQ(tidy(), 0U);
  EXPECT_EQ(kept(), 1U);
}

TEST_F(RetentionTest, LeavesCountsOfOldReports) {
  report("a", Outcome::downloading);
  report("b", Outcome::failed);
  report("c", Outcome::failed, "lamp-8");
  pass(1);
  report("d", Outcome::confirmed);
  const std::vector<std::string> before = counts();
  EXPECT_THAT(before,
              ElementsAre("1.0.1 downloading 0 1", "1.0.1 failed 0 2", "1.0.1 confirmed 1 1"));
  pass(90);
  EXPECT_EQ(tidy(), 3U);
  EXPECT_EQ(kept(), 1U);
  EXPECT_EQ(kept("lamp-8"), 0U);
  EXPECT_EQ(counts(), before);
  pass(1);
  EXPECT_EQ(tidy(), 1U);
  EXPECT_EQ(counts(), before);
}

TEST_F(RetentionTest, AddsToCountsThatAreThere) {
  report("a", Outcome::failed);
  pass(91);
  tidy();
  pass(-91);  // a clock that is set back
  report("b", Outcome::failed);
  pass(91);
  tidy();
  EXPECT_THAT(counts(), ElementsAre("1.0.1 failed 0 2"));
}

TEST_F(RetentionTest, ForgetsCountsAfterTheirTime) {
  report("a", Outcome::confirmed);
  pass(91);
  tidy();
  pass(365 - 91);
  tidy();
  EXPECT_THAT(counts(), ElementsAre("1.0.1 confirmed 0 1"));
  pass(1);
  EXPECT_EQ(tidy(), 1U);
  EXPECT_THAT(counts(), IsEmpty());
}

TEST_F(RetentionTest, KeepsReportsForEverIfToldTo) {
  settings_.keep_reports_days = 0;
  report("a", Outcome::confirmed);
  pass(36'000);
  EXPECT_EQ(tidy(), 0U);
  EXPECT_EQ(kept(), 1U);
}

TEST_F(RetentionTest, KeepsCountsForEverIfToldTo) {
  settings_.keep_counts_days = 0;
  report("a", Outcome::confirmed);
  pass(36'000);
  EXPECT_EQ(tidy(), 1U);
  EXPECT_EQ(tidy(), 0U);
  EXPECT_THAT(counts(), ElementsAre("1.0.1 confirmed 0 1"));
}

TEST_F(RetentionTest, KeepsWhatBecameOfADevice) {
  report("a", Outcome::rolled_back);
  pass(91);
  tidy();
  EXPECT_THAT(store_->failed_manifests("lamp-7"), ElementsAre(release_.manifest_sha256));
  EXPECT_EQ(store_->devices({}).at(0).outcome, Outcome::rolled_back);
}

// A device whose acknowledgement was lost sends its newest report again when it comes back.
TEST_F(RetentionTest, CountsADevicesNewestReportOnceAlsoWhenItIsGone) {
  report("a", Outcome::failed);
  report("b", Outcome::confirmed);
  pass(91);
  EXPECT_EQ(tidy(), 2U);
  report("b", Outcome::confirmed);
  EXPECT_EQ(kept(), 0U);
  EXPECT_THAT(counts(), ElementsAre("1.0.1 confirmed 0 1", "1.0.1 failed 0 1"));
}

TEST_F(RetentionTest, MakesNoRowOfAVersionThatNobodyReleased) {
  for (const char* version : {"9.9.1", "9.9.2"}) {
    Report report = report_of(version, Outcome::failed, release_);
    report.manifest.reset();
    report.release_version = version;
    add_report(*store_, report);
  }
  EXPECT_THAT(counts(), ElementsAre(" failed 0 2"));
  pass(91);
  tidy();
  EXPECT_THAT(counts(), ElementsAre(" failed 0 2"));
}

TEST_F(RetentionTest, WorksInBatchesUntilAllIsDone) {
  std::vector<Report> many;
  for (int i = 0; i < 15'000; ++i) {
    many.push_back(report_of(std::to_string(i), Outcome::failed, release_));
  }
  store_->add_reports(many);
  pass(91);
  EXPECT_EQ(tidy(), 10'000U);
  EXPECT_EQ(tidy(), 5'000U);
  EXPECT_EQ(tidy(), 0U);
  EXPECT_THAT(counts(), ElementsAre("1.0.1 failed 0 15000"));
}

// A year of reports: what is kept does not grow with it.
TEST_F(RetentionTest, BoundsTheTables) {
  size_t most = 0;
  for (int day = 0; day < 730; ++day) {
    report("r" + std::to_string(day), Outcome::failed);
    tidy();
    most = std::max(most, kept());
    pass(1);
  }
  EXPECT_EQ(most, 91U);
  EXPECT_EQ(counts().size(), 366U);
  SqliteConnection connection(folder_.file("otter.sqlite"));
  Statement row = connection.query("SELECT COUNT(*) FROM rolled_up");
  ASSERT_TRUE(row.step());
  EXPECT_LE(row.integer(0), 1);
}

}  // namespace
}  // namespace otter::server
