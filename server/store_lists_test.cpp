// What every Store must do of lists: filters, order, pages.
#include "server/store_fixture.h"

namespace otter::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> ids(Store& store, const DeviceQuery& query) {
  std::vector<std::string> ids;
  for (const DeviceSummary& one : store.devices(query)) ids.push_back(one.device.id);
  return ids;
}

std::vector<std::string> versions(Store& store, const ReleaseQuery& query) {
  std::vector<std::string> versions;
  for (const ReleasePtr& one : store.releases(query)) {
    versions.push_back(one->product + " " + one->channel + " " + one->version);
  }
  return versions;
}

std::vector<uint32_t> versions(Store& store, const ConfigurationQuery& query) {
  std::vector<uint32_t> found;
  for (const Configuration& one : store.configurations(query)) found.push_back(one.version);
  return found;
}

std::vector<std::string> report_ids(Store& store, const ReportQuery& query) {
  std::vector<std::string> ids;
  for (const Report& one : store.reports(query)) ids.push_back(one.id);
  return ids;
}

void add_fan(Store& store) { store.add_product(product_named("fan"), digest_number(9)); }

void add_devices(Store& store, std::initializer_list<const char*> ids) {
  for (const char* id : ids) enroll(store, device_named(id));
}

void add_release_of(Store& store, const std::string& product, const std::string& channel,
                    uint64_t sequence) {
  Release release = release_of(channel.substr(0, 1) + std::to_string(sequence), sequence);
  release.product = product;
  release.channel = channel;
  release.manifest_sha256 = digest_of(as_bytes(product + channel + release.version));
  EXPECT_EQ(store.add_release(release), AddRelease::added);
}

TEST_P(StoreTest, GivesDevicesById) {
  add_lamp();
  add_devices(*store_, {"c", "a", "B", "b"});
  EXPECT_THAT(ids(*store_, {}), ElementsAre("B", "a", "b", "c"));
  EXPECT_THAT(ids(*store_, {.count_max = 2}), ElementsAre("B", "a"));
  EXPECT_THAT(ids(*store_, {.after = "a", .count_max = 2}), ElementsAre("b", "c"));
  EXPECT_THAT(ids(*store_, {.after = "c"}), IsEmpty());
}

TEST_P(StoreTest, MovesNoDeviceToAnotherPage) {
  add_lamp();
  add_devices(*store_, {"a", "c", "e"});
  EXPECT_THAT(ids(*store_, {.count_max = 2}), ElementsAre("a", "c"));
  add_devices(*store_, {"b", "d"});
  EXPECT_THAT(ids(*store_, {.after = "c", .count_max = 2}), ElementsAre("d", "e"));
}

TEST_P(StoreTest, FindsDevicesByTheFrontOfTheirIds) {
  add_lamp();
  add_devices(*store_, {"lamp", "lamp-1", "lamp-2", "lamq", "LAMP-3", "zz:1"});
  EXPECT_THAT(ids(*store_, {.id_prefix = "lamp"}), ElementsAre("lamp", "lamp-1", "lamp-2"));
  EXPECT_THAT(ids(*store_, {.id_prefix = "lamp-", .count_max = 1}), ElementsAre("lamp-1"));
  EXPECT_THAT(ids(*store_, {.id_prefix = "lamp", .after = "lamp-1"}), ElementsAre("lamp-2"));
  EXPECT_THAT(ids(*store_, {.id_prefix = "zz"}), ElementsAre("zz:1"));
  EXPECT_THAT(ids(*store_, {.id_prefix = "%"}), IsEmpty());
}

TEST_P(StoreTest, FindsDevicesByWhatTheyStated) {
  add_lamp();
  add_fan(*store_);
  add_devices(*store_, {"a", "b", "c"});
  enroll(*store_, device_named("d", "fan"));
  store_->save_sightings({{"a", kNow + 1, "1.0.0", "confirmed"},
                          {"b", kNow + 2, "1.0.1", "trial"},
                          {"d", kNow + 3, "1.0.0", "confirmed"}});
  EXPECT_THAT(ids(*store_, {.product = "lamp"}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(ids(*store_, {.version = "1.0.0"}), ElementsAre("a", "d"));
  EXPECT_THAT(ids(*store_, {.product = "lamp", .version = "1.0.0"}), ElementsAre("a"));
  EXPECT_THAT(ids(*store_, {.boot_state = "trial"}), ElementsAre("b"));
  EXPECT_THAT(ids(*store_, {.seen_from_s = kNow + 2}), ElementsAre("b", "d"));
  EXPECT_THAT(ids(*store_, {.seen_before_s = kNow + 2}), ElementsAre("a", "c"));
  EXPECT_THAT(ids(*store_, {.seen_from_s = kNow + 1, .seen_before_s = kNow + 3}),
              ElementsAre("a", "b"));
}

TEST_P(StoreTest, FindsDevicesByTheirLatestOutcome) {
  add_lamp();
  const Release first = add_release("1.0.0", 1);
  const Release second = add_release("1.0.1", 2);
  add_devices(*store_, {"a"});
  add_report(*store_, report_of("r1", Outcome::confirmed, first));
  EXPECT_THAT(ids(*store_, {.outcome = Outcome::confirmed}), ElementsAre("lamp-7"));
  add_report(*store_, report_of("r2", Outcome::rolled_back, second));
  EXPECT_THAT(ids(*store_, {.outcome = Outcome::confirmed}), IsEmpty());
  EXPECT_THAT(ids(*store_, {.outcome = Outcome::rolled_back}), ElementsAre("lamp-7"));
}

TEST_P(StoreTest, GivesReleasesByProductAndChannelInPages) {
  add_lamp();
  add_fan(*store_);
  for (const uint64_t sequence : {1U, 2U, 3U}) add_release_of(*store_, "lamp", "stable", sequence);
  add_release_of(*store_, "lamp", "beta", 5);
  add_release_of(*store_, "fan", "stable", 4);
  EXPECT_THAT(versions(*store_, ReleaseQuery{.count_max = 3}),
              ElementsAre("fan stable s4", "lamp beta b5", "lamp stable s3"));
  EXPECT_THAT(versions(*store_, ReleaseQuery{.after = {"lamp", "beta", 5}, .count_max = 2}),
              ElementsAre("lamp stable s3", "lamp stable s2"));
  add_release_of(*store_, "lamp", "stable", 9);  // is not part of what follows
  EXPECT_THAT(versions(*store_, ReleaseQuery{.after = {"lamp", "stable", 3}}),
              ElementsAre("lamp stable s2", "lamp stable s1"));
  EXPECT_THAT(versions(*store_, ReleaseQuery{.product = "lamp", .channel = "beta"}),
              ElementsAre("lamp beta b5"));
  EXPECT_THAT(
      versions(*store_,
               ReleaseQuery{.channel = "stable", .after = {"fan", "stable", 4}, .count_max = 1}),
      ElementsAre("lamp stable s9"));
}

TEST_P(StoreTest, GivesProductsInPages) {
  add_lamp();
  add_fan(*store_);
  const std::vector<ProductSummary> first = store_->products({.count_max = 1});
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].product.name, "fan");
  const std::vector<ProductSummary> rest = store_->products({.after = "fan"});
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0].product.name, "lamp");
  EXPECT_THAT(store_->products({.after = "lamp"}), IsEmpty());
}

TEST_P(StoreTest, GivesConfigurationsInPages) {
  add_lamp();
  for (const uint32_t version : {1U, 2U, 4U}) {
    store_->add_configuration(
        {"lamp", version, digest_number(static_cast<uint8_t>(version)), "{}", kNow});
  }
  EXPECT_THAT(versions(*store_, ConfigurationQuery{.product = "lamp", .count_max = 2}),
              ElementsAre(4, 2));
  EXPECT_THAT(versions(*store_, ConfigurationQuery{.product = "lamp", .below_version = 2}),
              ElementsAre(1));
}

TEST_P(StoreTest, GivesReportsInPages) {
  add_lamp();
  const Release release = add_release("1.0.0", 1);
  for (const char* id : {"r1", "r2", "r3"}) {
    add_report(*store_, report_of(id, Outcome::downloading, release));
  }
  const std::vector<Report> newest = store_->reports({.device = "lamp-7", .count_max = 1});
  ASSERT_EQ(newest.size(), 1U);
  add_report(*store_, report_of("r4", Outcome::downloading, release));
  EXPECT_THAT(report_ids(*store_, {.device = "lamp-7", .below_number = newest[0].number}),
              ElementsAre("r2", "r1"));
}

TEST_P(StoreTest, FindsReportsByOutcomeAndTime) {
  add_lamp();
  const Release release = add_release("1.0.0", 1);
  int64_t now_s = kNow;
  for (const Outcome outcome : {Outcome::downloading, Outcome::failed, Outcome::downloading}) {
    Report report = report_of("r" + std::to_string(now_s - kNow), outcome, release);
    report.received_s = now_s++;
    add_report(*store_, report);
  }
  EXPECT_THAT(report_ids(*store_, {.device = "lamp-7", .outcome = Outcome::failed}),
              ElementsAre("r1"));
  EXPECT_THAT(report_ids(*store_, {.device = "lamp-7", .received_from_s = kNow + 1}),
              ElementsAre("r2", "r1"));
  EXPECT_THAT(report_ids(*store_, {.device = "lamp-7", .received_before_s = kNow + 1}),
              ElementsAre("r0"));
  EXPECT_THAT(report_ids(*store_, {.device = "lamp-8"}), IsEmpty());
}

}  // namespace
}  // namespace otter::server
