#include "server/sightings.h"

#include <gtest/gtest.h>

#include "server/server_fixture.h"
#include "server/store_sqlite_connection.h"

namespace otter::server {
namespace {

TEST(Sightings, WritesTheLatestOfEachDevice) {
  OfflineServer server;
  server.enroll("lamp-7");
  server.sightings.note({"lamp-7", kNow + 1, "1.0.0", "trial", 10});
  server.sightings.note({"lamp-7", kNow + 2, "1.0.1", "confirmed", 20});
  EXPECT_EQ(server.store->device("lamp-7")->version, "");
  server.sightings.flush(*server.store);
  EXPECT_EQ(server.store->device("lamp-7")->version, "1.0.1");
  EXPECT_EQ(server.store->device("lamp-7")->last_seen_s, kNow + 2);
}

TEST(Sightings, WritesEachOnce) {
  OfflineServer server;
  server.enroll("lamp-7");
  server.sightings.note({"lamp-7", kNow + 1, "1.0.0", "confirmed", 10});
  server.sightings.flush(*server.store);
  server.store->save_sightings({{"lamp-7", kNow + 5, "1.0.1", "confirmed", 10}});
  server.sightings.flush(*server.store);
  EXPECT_EQ(server.store->device("lamp-7")->version, "1.0.1");
}

// A server whose clock can be set.
class ResetsTest : public testing::Test {
 protected:
  ResetsTest() { server_.enroll("lamp-7"); }
  // Checks in after that time, in a boot that is so old.
  void check_in(int64_t after_s, uint32_t uptime_s, ResetReason reason = ResetReason::panic) {
    now_s_ += after_s;
    steady_s_ += after_s;
    sightings_.note({"lamp-7", now_s_, "1.0.0", "confirmed", 10, 1, {}, {uptime_s, reason}});
  }
  int64_t resets() {
    sightings_.flush(*server_.store);
    return server_.store->device("lamp-7")->resets;
  }
  OfflineServer server_;
  int64_t now_s_ = kNow;
  int64_t steady_s_ = 100;
  Sightings sightings_{[this] { return steady_s_; }};
};

TEST_F(ResetsTest, AreCountedWhetherOrNotTheyWereSavedInBetween) {
  check_in(0, 30);
  check_in(3600, 30);
  check_in(3600, 3630);
  check_in(3600, 30);
  EXPECT_EQ(resets(), 2);
  check_in(3600, 3630);
  EXPECT_EQ(resets(), 2);
  check_in(3600, 31);
  EXPECT_EQ(resets(), 3);
  check_in(3600, 32, ResetReason::software);
  EXPECT_EQ(resets(), 3);
}

TEST_F(ResetsTest, AreNotCountedBeforeTheFirstCheckin) {
  check_in(0, 30);
  EXPECT_EQ(resets(), 0);
}

// A report is sent before the check-in of the same boot.
TEST_F(ResetsTest, AreCountedThoughTheDeviceHasReportedSince) {
  check_in(0, 3600);
  EXPECT_EQ(resets(), 0);
  Report report;
  report.id = "r1";
  report.device = "lamp-7";
  report.product = "lamp";
  report.received_s = now_s_ + 60;
  add_report(*server_.store, report);
  check_in(70, 30);
  EXPECT_EQ(resets(), 1);
}

TEST_F(ResetsTest, AreNotMadeByAClockThatIsSet) {
  check_in(0, 30);
  check_in(3600, 3630);
  now_s_ += 1000 * 3600;
  check_in(3600, 7230);
  check_in(3600, 10830);
  EXPECT_EQ(resets(), 0);
  now_s_ -= 2000 * 3600;
  check_in(3600, 14430);
  EXPECT_EQ(resets(), 0);
  now_s_ += 1000 * 3600;
  check_in(3600, 18030);
  EXPECT_EQ(resets(), 0);
  check_in(3600, 10);
  EXPECT_EQ(resets(), 1);
}

TEST_F(ResetsTest, AreKeptIfTheyCantBeSaved) {
  check_in(0, 30);
  check_in(3600, 30);
  SqliteConnection other(server_.folder.file("otter.sqlite"));
  other.execute("ALTER TABLE devices RENAME TO hidden");
  EXPECT_THROW(sightings_.flush(*server_.store), StoreError);
  check_in(3600, 30);
  EXPECT_THROW(sightings_.flush(*server_.store), StoreError);
  other.execute("ALTER TABLE hidden RENAME TO devices");
  EXPECT_EQ(resets(), 2);
}

}  // namespace
}  // namespace otter::server
