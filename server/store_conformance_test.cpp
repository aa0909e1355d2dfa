// What every Store must do of products, releases, documents and transactions.
#include "server/store_fixture.h"

namespace otter::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr StoreKind kStores[] = {
    {"Sqlite",
     [](const std::string& folder) { return open_sqlite_store(folder + "/otter.sqlite"); }},
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
  enroll(*store_, device_named("lamp-7"));
  const std::vector<ProductSummary> all = store_->products({});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].product.name, "fan");
  EXPECT_EQ(all[0].releases + all[0].devices, 0);
  EXPECT_EQ(all[1].releases, 1);
  EXPECT_EQ(all[1].devices, 1);
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
  const ReleasePtr found = release_of_version(*store_, "lamp", "1.0.1");
  ASSERT_NE(found, nullptr);
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
  EXPECT_NE(release_of_image(*store_, "lamp", kept.image_sha256), nullptr);
  EXPECT_EQ(release_of_image(*store_, "fan", kept.image_sha256), nullptr);
  EXPECT_EQ(release_of_image(*store_, "lamp", kept.manifest_sha256), nullptr);
  EXPECT_NE(release_of_manifest(*store_, "lamp", kept.manifest_sha256), nullptr);
  EXPECT_EQ(release_of_manifest(*store_, "lamp", kept.image_sha256), nullptr);
  EXPECT_EQ(release_of_version(*store_, "fan", "1.0.1"), nullptr);
}

TEST_P(StoreTest, RefusesAVersionTwice) {
  add_lamp();
  add_release("1.0.0", 1);
  EXPECT_EQ(store_->add_release(release_of("1.0.0", 2)), AddRelease::version_used);
  EXPECT_EQ(store_->releases({.product = "lamp"}).size(), 1U);
}

TEST_P(StoreTest, RefusesASequenceThatDoesNotGrow) {
  add_lamp();
  add_release("1.0.0", 5);
  EXPECT_EQ(store_->add_release(release_of("1.0.1", 5)), AddRelease::sequence_used);
  EXPECT_EQ(store_->add_release(release_of("1.0.1", 4)), AddRelease::sequence_used);
  EXPECT_EQ(next_sequence(*store_, "lamp", "stable"), 6U);
  EXPECT_EQ(next_sequence(*store_, "lamp", "beta"), 1U);
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

TEST_P(StoreTest, GivesTheNewestReleasesFirst) {
  add_lamp();
  for (uint64_t i = 1; i <= 4; ++i) add_release("1.0." + std::to_string(i), i);
  const auto versions = [this](const ReleaseQuery& query) {
    std::vector<std::string> all;
    for (const ReleasePtr& release : store_->releases(query)) all.push_back(release->version);
    return all;
  };
  EXPECT_THAT(versions({.product = "lamp", .channel = "stable", .above_sequence = 2}),
              ElementsAre("1.0.4", "1.0.3"));
  EXPECT_THAT(versions({.product = "lamp", .count_max = 1}), ElementsAre("1.0.4"));
  EXPECT_THAT(versions({.product = "lamp", .channel = "beta"}), IsEmpty());
  EXPECT_THAT(versions({.product = "fan"}), IsEmpty());
  EXPECT_EQ(versions({}).size(), 4U);
  EXPECT_EQ(newest_release(*store_, "lamp", "stable")->version, "1.0.4");
  EXPECT_EQ(newest_release(*store_, "lamp", "beta"), nullptr);
}

TEST_P(StoreTest, FindsReleasesForWhichAllHolds) {
  add_lamp();
  const Release release = add_release("1.0.1", 1);
  const ReleaseQuery query{.manifest_sha256 = release.manifest_sha256};
  EXPECT_EQ(store_->releases(query).size(), 1U);
  ReleaseQuery other = query;
  other.version = "1.0.2";
  EXPECT_THAT(store_->releases(other), IsEmpty());
  other = query;
  other.product = "fan";
  EXPECT_THAT(store_->releases(other), IsEmpty());
  other = query;
  other.above_sequence = 1;
  EXPECT_THAT(store_->releases(other), IsEmpty());
}

TEST_P(StoreTest, KeepsAChainOfRootMetadata) {
  EXPECT_EQ(store_->document_versions().root, 0U);
  EXPECT_TRUE(store_->add_document(DocumentKind::root, {3, {'O', 0, 255}, kNow}));  // the anchor
  for (const uint32_t wrong : {2U, 3U, 5U})
    EXPECT_FALSE(store_->add_document(DocumentKind::root, {wrong, {'x'}, kNow}));
  EXPECT_TRUE(store_->add_document(DocumentKind::root, {4, {'P'}, kNow + 1}));
  EXPECT_EQ(store_->document_versions().root, 4U);
  EXPECT_EQ(store_->document(DocumentKind::root, 3)->frame, (std::vector<uint8_t>{'O', 0, 255}));
  EXPECT_EQ(store_->document(DocumentKind::root, 4)->created_s, kNow + 1);
  EXPECT_FALSE(store_->document(DocumentKind::root, 5).has_value());
}

TEST_P(StoreTest, KeepsTrustPayloadsThatGrow) {
  EXPECT_EQ(store_->document_versions().trust, 0U);
  EXPECT_TRUE(store_->add_document(DocumentKind::trust, {2, {'a'}, kNow}));
  EXPECT_FALSE(store_->add_document(DocumentKind::trust, {2, {'b'}, kNow}));
  EXPECT_FALSE(store_->add_document(DocumentKind::trust, {1, {'b'}, kNow}));
  EXPECT_TRUE(store_->add_document(DocumentKind::trust, {7, {'c'}, kNow}));
  EXPECT_EQ(store_->document_versions().trust, 7U);
  EXPECT_EQ(store_->document(DocumentKind::trust, 2)->frame, (std::vector<uint8_t>{'a'}));
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
  EXPECT_EQ(configuration(*store_, "lamp", 2)->document, configuration_of(2).document);
  EXPECT_FALSE(configuration(*store_, "lamp", 3).has_value());
  const std::vector<Configuration> all = store_->configurations({"lamp"});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].version, 7U);
  EXPECT_EQ(all[1].created_s, kNow + 2);
}

TEST_P(StoreTest, FindsAConfigurationByItsDigestWithinItsProduct) {
  add_lamp();
  store_->add_product(product_named("fan"), digest_number(9));
  store_->add_configuration(configuration_of(2));
  const Digest digest = configuration_of(2).sha256;
  EXPECT_EQ(configuration_of_digest(*store_, "lamp", digest)->version, 2U);
  EXPECT_FALSE(configuration_of_digest(*store_, "fan", digest).has_value());
  EXPECT_TRUE(store_->configurations({"fan"}).empty());
}

TEST_P(StoreTest, PutsOneConfigurationInForce) {
  add_lamp();
  EXPECT_EQ(store_->product("lamp")->config_version, 0U);
  store_->add_configuration(configuration_of(1));
  store_->add_configuration(configuration_of(2));
  EXPECT_EQ(store_->product("lamp")->config_version, 0U);
  for (const uint32_t version : {2U, 1U}) {
    EXPECT_TRUE(use_configuration(*store_, "lamp", version));
    EXPECT_EQ(store_->products({})[0].product.config_version, version);
  }
  EXPECT_FALSE(use_configuration(*store_, "lamp", 3));
  EXPECT_FALSE(use_configuration(*store_, "fan", 1));
  EXPECT_EQ(store_->product("lamp")->config_version, 1U);
}

TEST_P(StoreTest, LetsAFailedUpdateBeTriedAgain) {
  add_lamp();
  const Release release = add_release("1.0.0", 1);
  add_report(*store_, report_of("r1", Outcome::failed, release));
  add_report(*store_, report_of("r2", Outcome::downloading, release));
  EXPECT_EQ(outcome_of_lamp_7(), "downloading");
  add_report(*store_, report_of("r3", Outcome::confirmed, release));
  EXPECT_EQ(outcome_of_lamp_7(), "confirmed");
}

TEST_P(StoreTest, DoesAllOrNothingAtomically) {
  add_lamp();
  EXPECT_THROW(store_->atomically([&] {
    EXPECT_TRUE(enroll(*store_, device_named("lamp-7")));
    EXPECT_TRUE(store_->device("lamp-7").has_value());
    throw std::runtime_error("the audit log is full");
  }),
               std::runtime_error);
  EXPECT_FALSE(store_->device("lamp-7").has_value());
  store_->atomically([&] {
    enroll(*store_, device_named("lamp-7"));
    store_->atomically([&] { enroll(*store_, device_named("lamp-8")); });
  });
  reopen();
  EXPECT_EQ(store_->devices({.product = "lamp"}).size(), 2U);
}

TEST_P(StoreTest, UndoesAPartWithinAWhole) {
  add_lamp();
  store_->atomically([&] {
    enroll(*store_, device_named("lamp-7"));
    EXPECT_FALSE(store_->add_product(product_named("lamp"), digest_number(9)));
    const Report bad = report_of("r1", Outcome::confirmed, release_of("9.9.9", 9));
    EXPECT_THROW(add_report(*store_, bad), StoreError);
  });
  EXPECT_TRUE(store_->device("lamp-7").has_value());
  EXPECT_FALSE(store_->product_of_key(digest_number(9)).has_value());
}

TEST_P(StoreTest, LetsOtherThreadsReadWhatWasBefore) {
  add_lamp();
  store_->atomically([&] {
    enroll(*store_, device_named("lamp-7"));
    bool seen = true;
    std::thread([&] { seen = store_->device("lamp-7").has_value(); }).join();
    EXPECT_FALSE(seen);
  });
}

TEST_P(StoreTest, ServesSeveralThreads) {
  add_lamp();
  const Release release = add_release("1.0.0", 1);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 10; ++i) {
        const std::string id = std::to_string(thread) + "-" + std::to_string(i);
        add_report(*store_, report_of(id, Outcome::downloading, release));
        newest_release(*store_, "lamp", "stable");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store_->reports({.device = "lamp-7", .count_max = 100}).size(), 40U);
}

}  // namespace
}  // namespace otter::server
