// What every Store must do, whatever its database: a new one is a row in kStores.
#include <gmock/gmock.h>

#include <thread>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct StoreKind {
  const char* name;
  std::unique_ptr<Store> (*open)(const std::string& folder);
};

constexpr StoreKind kStores[] = {
    {"Sqlite",
     [](const std::string& folder) { return open_sqlite_store(folder + "/otter.sqlite"); }},
};

Product product_named(const std::string& name, const std::string& chip = "") {
  Product product;
  product.name = name;
  product.chip = chip;
  product.slot_bytes = 1024;
  product.hmac_secret = "secret of " + name;
  product.created_s = kNow;
  return product;
}

Release release_of(const std::string& version, uint64_t sequence) {
  Release release;
  release.product = "lamp";
  release.channel = "stable";
  release.version = version;
  release.sequence = sequence;
  release.chip = "esp32c3";
  release.size_bytes = 4096;
  release.manifest_sha256 = digest_of(as_bytes("manifest " + version));
  release.image_sha256 = digest_of(as_bytes("image " + version));
  release.app_elf_sha256 = digest_of(as_bytes("elf " + version));
  release.image_hmac = digest_of(as_bytes("hmac " + version));
  release.envelope = {'O', 'T', 'E', '1', 0, 255};
  release.notes = "notes \n\"x\"";
  release.created_s = kNow;
  return release;
}

Device device_named(const std::string& id, const std::string& product = "lamp") {
  Device device;
  device.id = id;
  device.product = product;
  device.chip = "esp32c3";
  device.created_s = kNow;
  return device;
}

Report report_of(const std::string& id, Outcome outcome, const Release& release) {
  Report report;
  report.id = id;
  report.device = "lamp-7";
  report.product = "lamp";
  report.received_s = kNow + 5;
  report.outcome = outcome;
  report.error = is_final(outcome) && outcome != Outcome::confirmed ? "crashed" : "";
  report.release_version = release.version;
  report.manifest = release.manifest_sha256;
  report.body = "{}";
  return report;
}

class StoreTest : public testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override { reopen(); }
  void reopen() {
    store_.reset();
    store_ = GetParam().open(folder_.path());
  }
  void add_lamp(const std::string& chip = "") {
    store_->add_product(product_named("lamp", chip), digest_number(1));
  }
  Release add_release(const std::string& version, uint64_t sequence) {
    const Release release = release_of(version, sequence);
    EXPECT_EQ(store_->add_release(release), AddRelease::added);
    return release;
  }
  std::string outcome_of_lamp_7() {
    for (const DeviceSummary& summary : store_->devices("")) {
      if (summary.outcome.has_value()) return name(*summary.outcome);
    }
    return "";
  }
  TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
};

INSTANTIATE_TEST_SUITE_P(, StoreTest, testing::ValuesIn(kStores),
                         [](const auto& kind) { return kind.param.name; });

TEST_P(StoreTest, KeepsAProduct) {
  EXPECT_TRUE(store_->add_product(product_named("lamp", "esp32c3"), digest_number(1)));
  reopen();
  const std::optional<Product> product = store_->product("lamp");
  ASSERT_TRUE(product.has_value());
  EXPECT_EQ(product->chip, "esp32c3");
  EXPECT_EQ(product->slot_bytes, 1024U);
  EXPECT_EQ(product->hmac_secret, "secret of lamp");
  EXPECT_EQ(product->created_s, kNow);
  EXPECT_FALSE(store_->product("fan").has_value());
}

TEST_P(StoreTest, RefusesASecondProductOfAName) {
  add_lamp();
  EXPECT_FALSE(store_->add_product(product_named("lamp"), digest_number(2)));
  EXPECT_FALSE(store_->product_of_key(digest_number(2)).has_value());
}

TEST_P(StoreTest, FindsAProductByEachOfItsKeys) {
  add_lamp();
  store_->add_product_key("lamp", digest_number(2), kNow);
  EXPECT_EQ(store_->product_of_key(digest_number(1))->name, "lamp");
  EXPECT_EQ(store_->product_of_key(digest_number(2))->name, "lamp");
  EXPECT_FALSE(store_->product_of_key(digest_number(3)).has_value());
}

TEST_P(StoreTest, KeepsNoKeyOfAnUnknownProduct) {
  EXPECT_THROW(store_->add_product_key("fan", digest_number(2), kNow), StoreError);
}

TEST_P(StoreTest, CountsAProductsReleasesAndDevices) {
  add_lamp();
  store_->add_product(product_named("fan"), digest_number(2));
  add_release("1.0.0", 1);
  store_->enroll(device_named("lamp-7"));
  const std::vector<ProductSummary> all = store_->products();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].product.name, "fan");
  EXPECT_EQ(all[0].releases + all[0].devices, 0);
  EXPECT_EQ(all[1].releases, 1);
  EXPECT_EQ(all[1].devices, 1);
}

TEST_P(StoreTest, KnowsAdminTokens) {
  store_->add_admin_token(digest_number(9), kNow);
  EXPECT_TRUE(store_->has_admin_token(digest_number(9)));
  EXPECT_FALSE(store_->has_admin_token(digest_number(8)));
}

TEST_P(StoreTest, KeepsReleaseKeysOnce) {
  const TrustedKey key = {{1, 2, 3, 4, 5, 6, 7, 8}, std::vector<uint8_t>(65, 4), "pem", kNow};
  EXPECT_TRUE(store_->add_release_key(key));
  EXPECT_FALSE(store_->add_release_key(key));
  ASSERT_EQ(store_->release_keys().size(), 1U);
  EXPECT_EQ(store_->release_keys()[0].id, key.id);
  EXPECT_EQ(store_->release_keys()[0].point, key.point);
  EXPECT_EQ(store_->release_keys()[0].pem, "pem");
}

TEST_P(StoreTest, KeepsAllOfARelease) {
  add_lamp();
  const Release kept = add_release("1.0.1", 3);
  reopen();
  const std::optional<Release> found = store_->release_of_version("lamp", "1.0.1");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->sequence, 3U);
  EXPECT_EQ(found->size_bytes, 4096U);
  EXPECT_EQ(found->image_sha256, kept.image_sha256);
  EXPECT_EQ(found->app_elf_sha256, kept.app_elf_sha256);
  EXPECT_EQ(found->image_hmac, kept.image_hmac);
  EXPECT_EQ(found->manifest_sha256, kept.manifest_sha256);
  EXPECT_EQ(found->envelope, kept.envelope);
  EXPECT_EQ(found->notes, kept.notes);
}

TEST_P(StoreTest, FindsAReleaseByImageAndManifest) {
  add_lamp();
  const Release kept = add_release("1.0.1", 3);
  EXPECT_TRUE(store_->release_of_image("lamp", kept.image_sha256).has_value());
  EXPECT_FALSE(store_->release_of_image("fan", kept.image_sha256).has_value());
  EXPECT_FALSE(store_->release_of_image("lamp", kept.manifest_sha256).has_value());
  EXPECT_TRUE(store_->release_of_manifest(kept.manifest_sha256).has_value());
  EXPECT_FALSE(store_->release_of_manifest(kept.image_sha256).has_value());
  EXPECT_FALSE(store_->release_of_version("fan", "1.0.1").has_value());
}

TEST_P(StoreTest, RefusesAVersionTwice) {
  add_lamp();
  add_release("1.0.0", 1);
  EXPECT_EQ(store_->add_release(release_of("1.0.0", 2)), AddRelease::version_used);
  EXPECT_EQ(store_->releases("lamp").size(), 1U);
}

TEST_P(StoreTest, RefusesASequenceThatDoesNotGrow) {
  add_lamp();
  add_release("1.0.0", 5);
  EXPECT_EQ(store_->add_release(release_of("1.0.1", 5)), AddRelease::sequence_used);
  EXPECT_EQ(store_->add_release(release_of("1.0.1", 4)), AddRelease::sequence_used);
  EXPECT_EQ(store_->next_sequence("lamp", "stable"), 6U);
  EXPECT_EQ(store_->next_sequence("lamp", "beta"), 1U);
}

TEST_P(StoreTest, LetsTheFirstReleaseDecideTheChip) {
  add_lamp();
  add_release("1.0.0", 1);
  EXPECT_EQ(store_->product("lamp")->chip, "esp32c3");
  Release other = release_of("1.0.1", 2);
  other.chip = "esp32";
  EXPECT_EQ(store_->add_release(other), AddRelease::chip_differs);
}

TEST_P(StoreTest, LeavesTheChipOpenWhenAReleaseIsRefused) {
  add_lamp();
  Release never = release_of("1.0.0", 0);
  EXPECT_EQ(store_->add_release(never), AddRelease::sequence_used);
  EXPECT_EQ(store_->product("lamp")->chip, "");
}

TEST_P(StoreTest, ShowsNewerReleasesUntilToldToStop) {
  add_lamp();
  for (uint64_t i = 1; i <= 4; ++i) add_release("1.0." + std::to_string(i), i);
  std::vector<std::string> seen;
  store_->visit_releases_above("lamp", "stable", 1, [&](const Release& release) {
    seen.push_back(release.version);
    store_->product("lamp");  // the store may be used inside
    return release.sequence == 3;
  });
  EXPECT_THAT(seen, ElementsAre("1.0.4", "1.0.3"));
  EXPECT_EQ(store_->newest_release("lamp", "stable")->version, "1.0.4");
  EXPECT_FALSE(store_->newest_release("lamp", "beta").has_value());
}

TEST_P(StoreTest, EnrollsADeviceAgainAndAgain) {
  add_lamp();
  EXPECT_TRUE(store_->enroll(device_named("lamp-7")));
  EXPECT_TRUE(store_->enroll(device_named("lamp-7")));
  const std::optional<Device> device = store_->device("lamp-7");
  ASSERT_TRUE(device.has_value());
  EXPECT_TRUE(device->enrolled);
  EXPECT_EQ(device->chip, "esp32c3");
  EXPECT_FALSE(store_->device("lamp-8").has_value());
}

TEST_P(StoreTest, EnrollsNoDeviceOfAnotherProduct) {
  add_lamp();
  store_->add_product(product_named("fan"), digest_number(2));
  store_->enroll(device_named("lamp-7"));
  EXPECT_FALSE(store_->enroll(device_named("lamp-7", "fan")));
  EXPECT_EQ(store_->device("lamp-7")->product, "lamp");
}

TEST_P(StoreTest, SavesSightingsOfKnownDevices) {
  add_lamp();
  store_->enroll(device_named("lamp-7"));
  store_->save_sightings(
      {{"lamp-7", kNow + 9, "1.0.0", "confirmed", 7000}, {"ghost", kNow, "1.0.0", "confirmed", 1}});
  const std::optional<Device> device = store_->device("lamp-7");
  EXPECT_EQ(device->last_seen_s, kNow + 9);
  EXPECT_EQ(device->version, "1.0.0");
  EXPECT_EQ(device->boot_state, "confirmed");
  EXPECT_FALSE(store_->device("ghost").has_value());
}

TEST_P(StoreTest, CountsDevicesWithOlderKeys) {
  add_lamp();
  for (const char* id : {"a", "b", "c"}) store_->enroll(device_named(id));
  EXPECT_EQ(store_->devices_behind(1), 0);
  EXPECT_EQ(store_->devices_behind(2), 3);
  store_->save_sightings({{"a", kNow, "", "", 0, 2}, {"b", kNow, "", "", 0, 2}});
  EXPECT_EQ(store_->devices_behind(2), 1);
  store_->save_sightings({{"a", kNow, "", "", 0, 1}});  // it has lost the new one
  EXPECT_EQ(store_->devices_behind(2), 2);
}

TEST_P(StoreTest, KeepsAnEnrolledDevicesEpochUntilItUsesTheNewKey) {
  add_lamp();
  store_->enroll(device_named("lamp-7"));
  Device again = device_named("lamp-7");
  again.key_epoch = 2;
  store_->enroll(again);
  EXPECT_EQ(store_->device("lamp-7")->key_epoch, 1U);
}

TEST_P(StoreTest, CountsOnlyDevicesWithAKeyOfTheirOwn) {
  add_lamp();
  store_->add_report(report_of("1", Outcome::claimed, add_release("1.0.1", 1)));
  EXPECT_EQ(store_->devices_behind(2), 0);
  Device device = device_named("lamp-7");
  device.key_epoch = 2;
  store_->enroll(device);
  EXPECT_EQ(store_->device("lamp-7")->key_epoch, 2U);
}

TEST_P(StoreTest, KeepsAChainOfRootMetadata) {
  EXPECT_EQ(store_->document_versions().root, 0U);
  EXPECT_TRUE(store_->add_root({3, {'O', 0, 255}, kNow}));  // the anchor
  for (const uint32_t wrong : {2U, 3U, 5U}) EXPECT_FALSE(store_->add_root({wrong, {'x'}, kNow}));
  EXPECT_TRUE(store_->add_root({4, {'P'}, kNow + 1}));
  EXPECT_EQ(store_->document_versions().root, 4U);
  EXPECT_EQ(store_->root(3)->frame, (std::vector<uint8_t>{'O', 0, 255}));
  EXPECT_EQ(store_->root(4)->created_s, kNow + 1);
  EXPECT_FALSE(store_->root(5).has_value());
}

TEST_P(StoreTest, KeepsTrustPayloadsThatGrow) {
  EXPECT_EQ(store_->document_versions().trust, 0U);
  EXPECT_TRUE(store_->add_trust({2, {'a'}, kNow}));
  EXPECT_FALSE(store_->add_trust({2, {'b'}, kNow}));
  EXPECT_FALSE(store_->add_trust({1, {'b'}, kNow}));
  EXPECT_TRUE(store_->add_trust({7, {'c'}, kNow}));
  EXPECT_EQ(store_->document_versions().trust, 7U);
  EXPECT_EQ(store_->trust(2)->frame, (std::vector<uint8_t>{'a'}));
}

Configuration configuration_of(uint32_t version) {
  const std::string document =
      "{\"version\":" + std::to_string(version) + ",\"values\":{\"a\":\"b\"}}";
  return {"lamp", version, digest_of(as_bytes(document)), document, kNow + version};
}

TEST_P(StoreTest, KeepsConfigurationsOfAscendingVersions) {
  add_lamp();
  EXPECT_TRUE(store_->add_configuration(configuration_of(2)));
  for (const uint32_t wrong : {1U, 2U}) {
    EXPECT_FALSE(store_->add_configuration(configuration_of(wrong)));
  }
  EXPECT_TRUE(store_->add_configuration(configuration_of(7)));
  EXPECT_EQ(store_->configuration("lamp", 2)->document, configuration_of(2).document);
  EXPECT_FALSE(store_->configuration("lamp", 3).has_value());
  const std::vector<Configuration> all = store_->configurations("lamp");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].version, 7U);
  EXPECT_EQ(all[1].created_s, kNow + 2);
}

TEST_P(StoreTest, FindsAConfigurationByItsDigestWithinItsProduct) {
  add_lamp();
  store_->add_product(product_named("fan"), digest_number(9));
  store_->add_configuration(configuration_of(2));
  const Digest digest = configuration_of(2).sha256;
  EXPECT_EQ(store_->configuration_of_digest("lamp", digest)->version, 2U);
  EXPECT_FALSE(store_->configuration_of_digest("fan", digest).has_value());
  EXPECT_TRUE(store_->configurations("fan").empty());
}

TEST_P(StoreTest, PutsOneConfigurationInForce) {
  add_lamp();
  EXPECT_EQ(store_->product("lamp")->config_version, 0U);
  store_->add_configuration(configuration_of(1));
  store_->add_configuration(configuration_of(2));
  EXPECT_EQ(store_->product("lamp")->config_version, 0U);
  for (const uint32_t version : {2U, 1U}) {
    EXPECT_TRUE(store_->use_configuration("lamp", version));
    EXPECT_EQ(store_->products()[0].product.config_version, version);
  }
  EXPECT_FALSE(store_->use_configuration("lamp", 3));
  EXPECT_FALSE(store_->use_configuration("fan", 1));
  EXPECT_EQ(store_->product("lamp")->config_version, 1U);
}

TEST_P(StoreTest, CountsWhoHasAConfiguration) {
  add_lamp();
  for (const char* id : {"a", "b", "c"}) store_->enroll(device_named(id));
  store_->save_sightings(
      {{"a", kNow, "", "", 0, 1, {4, 5, 2, 0}}, {"b", kNow, "", "", 0, 1, {0, 0, 1, 2}}});
  const AppliedVersions applied = store_->device("a")->applied;
  EXPECT_EQ(applied.root, 4U);
  EXPECT_EQ(applied.trust, 5U);
  EXPECT_EQ(store_->devices("lamp")[1].device.applied.config_failed, 2U);
  const ConfigurationSpread spread = store_->configuration_spread("lamp", 2);
  EXPECT_EQ(spread.devices, 3);
  EXPECT_EQ(spread.applied, 1);
  EXPECT_EQ(spread.failed, 1);
}

TEST_P(StoreTest, KnowsTheSmallestSlotOfAProduct) {
  add_lamp();
  EXPECT_EQ(store_->smallest_slot_bytes("lamp"), 0U);
  for (const char* id : {"a", "b", "c"}) store_->enroll(device_named(id));
  store_->save_sightings({{"a", kNow, "", "", 7000}, {"b", kNow, "", "", 5000}});
  EXPECT_EQ(store_->smallest_slot_bytes("lamp"), 5000U);
}

TEST_P(StoreTest, CountsAReportOnce) {
  add_lamp();
  const Release release = add_release("1.0.0", 1);
  EXPECT_TRUE(store_->add_report(report_of("r1", Outcome::confirmed, release)));
  EXPECT_FALSE(store_->add_report(report_of("r1", Outcome::rolled_back, release)));
  EXPECT_EQ(store_->reports("lamp-7", 10).size(), 1U);
  EXPECT_EQ(outcome_of_lamp_7(), "confirmed");
}

TEST_P(StoreTest, KeepsAReportAcrossARestart) {
  add_lamp();
  Report report = report_of("r1", Outcome::rolled_back, add_release("1.0.0", 1));
  report.body = "{\"a\":1}";
  store_->add_report(report);
  reopen();
  const std::vector<Report> reports = store_->reports("lamp-7", 10);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].outcome, Outcome::rolled_back);
  EXPECT_EQ(reports[0].error, "crashed");
  EXPECT_EQ(reports[0].release_version, "1.0.0");
  EXPECT_EQ(reports[0].manifest, report.manifest);
  EXPECT_EQ(reports[0].body, "{\"a\":1}");
}

TEST_P(StoreTest, GivesTheNewestReportsFirst) {
  add_lamp();
  const Release release = add_release("1.0.0", 1);
  for (const char* id : {"r1", "r2", "r3"}) {
    store_->add_report(report_of(id, Outcome::downloading, release));
  }
  const std::vector<Report> reports = store_->reports("lamp-7", 2);
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0].id, "r3");
  EXPECT_EQ(reports[1].id, "r2");
}

TEST_P(StoreTest, LearnsOfADeviceByItsReport) {
  add_lamp("esp32");
  Report report = report_of("r1", Outcome::claimed, release_of("1.0.0", 1));
  report.manifest.reset();
  report.version = "1.0.0";
  EXPECT_TRUE(store_->add_report(report));
  const std::optional<Device> device = store_->device("lamp-7");
  ASSERT_TRUE(device.has_value());
  EXPECT_FALSE(device->enrolled);
  EXPECT_EQ(device->chip, "esp32");
  EXPECT_EQ(device->version, "1.0.0");
  EXPECT_EQ(device->last_seen_s, kNow + 5);
}

TEST_P(StoreTest, KeepsWhatAReportDoesNotState) {
  add_lamp();
  const Release release = add_release("1.0.0", 1);
  store_->enroll(device_named("lamp-7"));
  store_->save_sightings({{"lamp-7", kNow + 9, "0.9", "confirmed", 7000}});
  store_->add_report(report_of("r1", Outcome::failed, release));
  const std::optional<Device> device = store_->device("lamp-7");
  EXPECT_EQ(device->version, "0.9");
  EXPECT_EQ(device->boot_state, "confirmed");
  EXPECT_EQ(device->last_seen_s, kNow + 9);
}

TEST_P(StoreTest, LetsNoProgressReplaceAFinalOutcome) {
  add_lamp();
  const Release release = add_release("1.0.0", 1);
  store_->add_report(report_of("r1", Outcome::downloading, release));
  store_->add_report(report_of("r2", Outcome::rolled_back, release));
  store_->add_report(report_of("r3", Outcome::rebooting, release));
  EXPECT_EQ(outcome_of_lamp_7(), "rolled_back");
}

TEST_P(StoreTest, LetsAFailedUpdateBeTriedAgain) {
  add_lamp();
  const Release release = add_release("1.0.0", 1);
  store_->add_report(report_of("r1", Outcome::failed, release));
  store_->add_report(report_of("r2", Outcome::downloading, release));
  EXPECT_EQ(outcome_of_lamp_7(), "downloading");
  store_->add_report(report_of("r3", Outcome::confirmed, release));
  EXPECT_EQ(outcome_of_lamp_7(), "confirmed");
}

TEST_P(StoreTest, ShowsTheLatestOutcomeOfADevice) {
  add_lamp();
  const Release first = add_release("1.0.0", 1);
  const Release second = add_release("1.0.1", 2);
  store_->add_report(report_of("r1", Outcome::confirmed, first));
  store_->add_report(report_of("r2", Outcome::rolled_back, second));
  const std::vector<DeviceSummary> all = store_->devices("lamp");
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].outcome, Outcome::rolled_back);
  EXPECT_EQ(all[0].outcome_version, "1.0.1");
  EXPECT_EQ(all[0].error, "crashed");
  EXPECT_THAT(store_->devices("fan"), IsEmpty());
}

TEST_P(StoreTest, NamesTheManifestsThatFailedOnADevice) {
  add_lamp();
  const Release bad = add_release("1.0.0", 1);
  const Release refused = add_release("1.0.1", 2);
  const Release cut_off = add_release("1.0.2", 3);
  store_->add_report(report_of("r1", Outcome::rolled_back, bad));
  store_->add_report(report_of("r2", Outcome::refused, refused));
  store_->add_report(report_of("r3", Outcome::failed, cut_off));
  EXPECT_THAT(store_->failed_manifests("lamp-7"),
              testing::UnorderedElementsAre(bad.manifest_sha256, refused.manifest_sha256));
  EXPECT_THAT(store_->failed_manifests("lamp-8"), IsEmpty());
}

TEST_P(StoreTest, KeepsNoHalfReport) {
  add_lamp();
  Report report = report_of("r1", Outcome::confirmed, release_of("9.9.9", 9));  // never added
  EXPECT_THROW(store_->add_report(report), StoreError);
  EXPECT_FALSE(store_->device("lamp-7").has_value());
  EXPECT_THAT(store_->reports("lamp-7", 10), IsEmpty());
}

TEST_P(StoreTest, ServesSeveralThreads) {
  add_lamp();
  const Release release = add_release("1.0.0", 1);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 10; ++i) {
        const std::string id = std::to_string(thread) + "-" + std::to_string(i);
        store_->add_report(report_of(id, Outcome::downloading, release));
        store_->newest_release("lamp", "stable");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store_->reports("lamp-7", 100).size(), 40U);
}

}  // namespace
}  // namespace otter::server
