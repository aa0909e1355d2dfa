#include "server/store_cache.h"

#include <gmock/gmock.h>

#include <thread>

#include "server/store_fixture.h"
#include "server/store_sqlite_connection.h"

namespace otter::server {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class StoreCacheTest : public testing::Test {
 protected:
  StoreCacheTest() {
    store_->add_product(product_named("lamp"), digest_number(1));
    enroll(*store_, device_named("lamp-7"));
  }
  // Changes the database behind the store's back, so that an answer shows where it is from.
  void rename_chip_of_device(const std::string& chip) {
    SqliteConnection other(folder_.file("otter.sqlite"));
    other.change("UPDATE devices SET chip = ?", chip);
  }

  TemporaryFolder folder_;
  std::unique_ptr<Store> store_ = open_sqlite_store(folder_.file("otter.sqlite"));
  StoreCache cache_{*store_};
};

TEST_F(StoreCacheTest, AnswersFromMemory) {
  EXPECT_EQ(cache_.device("lamp-7")->chip, "esp32c3");
  rename_chip_of_device("esp32");
  EXPECT_EQ(cache_.device("lamp-7")->chip, "esp32c3");
  EXPECT_EQ(store_->device("lamp-7")->chip, "esp32");
}

TEST_F(StoreCacheTest, ReadsADeviceAnewOnceItHasChanged) {
  cache_.device("lamp-7");
  rename_chip_of_device("esp32");
  Report report;
  report.id = "r1";
  report.device = "lamp-7";
  report.product = "lamp";
  report.version = "1.0.1";
  add_report(*store_, report);
  EXPECT_EQ(cache_.device("lamp-7")->chip, "esp32");
  EXPECT_EQ(cache_.device("lamp-7")->version, "1.0.1");
}

TEST_F(StoreCacheTest, LearnsOfAnApproval) {
  Release release = release_of("1.0.1", 1);
  release.is_pending = true;
  store_->add_release(release);
  EXPECT_THAT(cache_.releases({.product = "lamp"}), IsEmpty());
  EXPECT_THAT(cache_.releases({.product = "lamp", .with_pending = true}), SizeIs(1));
  store_->approve_release(release.manifest_sha256, "ada");
  EXPECT_THAT(cache_.releases({.product = "lamp"}), SizeIs(1));
  require_approval(*store_, "lamp", true);
  EXPECT_TRUE(cache_.product("lamp")->needs_approval);
}

TEST_F(StoreCacheTest, LearnsOfWhatWasNotThere) {
  EXPECT_FALSE(cache_.device("lamp-8").has_value());
  EXPECT_FALSE(cache_.product("fan").has_value());
  EXPECT_FALSE(cache_.product_of_key(digest_number(2)).has_value());
  EXPECT_THAT(cache_.releases({.product = "lamp"}), IsEmpty());
  EXPECT_EQ(cache_.document_versions().trust, 0U);
  store_->add_product(product_named("fan"), digest_number(2));
  enroll(*store_, device_named("lamp-8"));
  store_->add_release(release_of("1.0.1", 1));
  store_->add_document(DocumentKind::trust, {2, {'t'}, kNow});
  EXPECT_TRUE(cache_.device("lamp-8").has_value());
  EXPECT_TRUE(cache_.product("fan").has_value());
  EXPECT_EQ(cache_.product_of_key(digest_number(2))->name, "fan");
  EXPECT_THAT(cache_.releases({.product = "lamp"}), SizeIs(1));
  EXPECT_EQ(cache_.document_versions().trust, 2U);
  EXPECT_EQ(cache_.product("lamp")->chip, "esp32c3");
}

TEST_F(StoreCacheTest, LearnsOfAFailedManifest) {
  const Release release = release_of("1.0.1", 1);
  store_->add_release(release);
  EXPECT_THAT(cache_.failed_manifests("lamp-7"), IsEmpty());
  add_report(*store_, report_of("r1", Outcome::rolled_back, release));
  EXPECT_THAT(cache_.failed_manifests("lamp-7"), testing::ElementsAre(release.manifest_sha256));
}

TEST_F(StoreCacheTest, IsToldAtTheEndOfAWholeChange) {
  store_->atomically([&] {
    store_->add_product(product_named("fan"), digest_number(2));
    bool seen = true;  // by another thread, which sees what was before, and must not keep that
    std::thread([&] { seen = cache_.product("fan").has_value(); }).join();
    EXPECT_FALSE(seen);
    EXPECT_TRUE(store_->product("fan").has_value());
  });
  EXPECT_TRUE(cache_.product("fan").has_value());
}

TEST_F(StoreCacheTest, AnswersQueriesAsTheStoreDoes) {
  for (uint64_t i = 1; i <= 3; ++i) store_->add_release(release_of("1.0." + std::to_string(i), i));
  const Release second = release_of("1.0.2", 2);
  const ReleaseQuery queries[] = {{.product = "lamp"},
                                  {.product = "lamp", .count_max = 1},
                                  {.product = "lamp", .above_sequence = 2},
                                  {.product = "lamp", .after = {"lamp", "stable", 3}},
                                  {.product = "lamp", .version = "1.0.2"},
                                  {.product = "lamp", .channel = "beta"},
                                  {.product = "lamp", .image_sha256 = second.image_sha256},
                                  {.manifest_sha256 = second.manifest_sha256},
                                  {.product = "fan", .manifest_sha256 = second.manifest_sha256}};
  for (const ReleaseQuery& query : queries) {
    std::vector<std::string> expected;
    std::vector<std::string> got;
    for (const ReleasePtr& release : store_->releases(query)) expected.push_back(release->version);
    for (const ReleasePtr& release : cache_.releases(query)) got.push_back(release->version);
    EXPECT_EQ(got, expected);
  }
}

TEST_F(StoreCacheTest, KeepsAsManyDevicesAsItMay) {
  StoreCache small(*store_, 64);  // one a shard
  for (int i = 0; i < 1000; ++i) {
    enroll(*store_, device_named("lamp-" + std::to_string(i)));
    EXPECT_TRUE(small.device("lamp-" + std::to_string(i)).has_value());
  }
}

TEST_F(StoreCacheTest, IsNeverBehindAChangeThatHasReturned) {
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop) cache_.device("lamp-7");
  });
  for (int i = 0; i < 200; ++i) {
    Report report;
    report.id = std::to_string(i);
    report.device = "lamp-7";
    report.product = "lamp";
    report.version = "1.0." + report.id;
    add_report(*store_, report);
    ASSERT_EQ(cache_.device("lamp-7")->version, report.version);
  }
  stop = true;
  reader.join();
}

}  // namespace
}  // namespace otter::server
