#include "server/report_queue.h"

#include <gmock/gmock.h>

#include <atomic>
#include <future>

#include "server/store_fixture.h"

namespace otter::server {
namespace {

class ReportQueueTest : public testing::Test {
 protected:
  ReportQueueTest() {
    store_->add_product(product_named("lamp"), digest_number(1));
    store_->add_release(release_);
  }
  // "new", "known", or what was thrown.
  std::future<std::string> add(const Report& report) {
    auto told = std::make_shared<std::promise<std::string>>();
    queue_->add(report, [told](bool is_new, const std::exception_ptr& error) {
      try {
        if (error) std::rethrow_exception(error);
        told->set_value(is_new ? "new" : "known");
      } catch (const StoreError&) {
        told->set_value("StoreError");
      }
    });
    return told->get_future();
  }

  TemporaryFolder folder_;
  const Release release_ = release_of("1.0.1", 1);
  std::unique_ptr<Store> store_ = open_sqlite_store(folder_.file("otter.sqlite"));
  std::unique_ptr<ReportQueue> queue_ = std::make_unique<ReportQueue>(*store_);
};

TEST_F(ReportQueueTest, TellsWhenAReportIsKept) {
  EXPECT_EQ(add(report_of("r1", Outcome::verified, release_)).get(), "new");
  EXPECT_THAT(store_->reports({.device = "lamp-7", .count_max = 10}), testing::SizeIs(1));
  EXPECT_EQ(add(report_of("r1", Outcome::verified, release_)).get(), "known");
}

TEST_F(ReportQueueTest, KeepsTheOthersWhenOneCantBeKept) {
  std::vector<std::future<std::string>> told;
  store_->atomically([&] {  // the queue waits for it, and gathers meanwhile
    told.push_back(add(report_of("r0", Outcome::verified, release_)));
    told.push_back(add(report_of("r1", Outcome::verified, release_)));
    told.push_back(add(report_of("r2", Outcome::verified, release_of("9.9.9", 9))));
    told.push_back(add(report_of("r3", Outcome::verified, release_)));
  });
  EXPECT_EQ(told[0].get(), "new");
  EXPECT_EQ(told[1].get(), "new");
  EXPECT_EQ(told[2].get(), "StoreError");
  EXPECT_EQ(told[3].get(), "new");
  EXPECT_THAT(store_->reports({.device = "lamp-7", .count_max = 10}), testing::SizeIs(3));
}

TEST_F(ReportQueueTest, KeepsAllThatWasAddedBeforeItEnds) {
  std::vector<std::future<std::string>> told;
  for (int i = 0; i < 100; ++i) {
    told.push_back(add(report_of(std::to_string(i), Outcome::downloading, release_)));
  }
  queue_.reset();
  for (std::future<std::string>& one : told) EXPECT_EQ(one.get(), "new");
  EXPECT_THAT(store_->reports({.device = "lamp-7", .count_max = 1000}), testing::SizeIs(100));
}

TEST_F(ReportQueueTest, SharesAWaitForTheDisk) {
  std::atomic<int> changes{0};
  store_->on_change([&](const Change& change) { changes += change.devices.empty() ? 0 : 1; });
  std::vector<std::future<std::string>> told;
  store_->atomically([&] {
    for (int i = 0; i < 100; ++i) {
      told.push_back(add(report_of(std::to_string(i), Outcome::downloading, release_)));
    }
  });
  for (std::future<std::string>& one : told) EXPECT_EQ(one.get(), "new");
  EXPECT_LE(changes, 2);  // what was there when the queue woke, and the rest
}

}  // namespace
}  // namespace otter::server
