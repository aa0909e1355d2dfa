// Remote configuration on a board: by itself, and with the firmware that it belongs to.
#include "ota/document_store.h"
#include "sim/flash_watch.h"
#include "sim/update_fixture.h"

namespace otter::sim {
namespace {

std::string document(uint32_t version, const std::string& behaviour) {
  return "{\"version\":" + std::to_string(version) + ",\"values\":{\"behaviour\":\"" + behaviour +
         "\"}}";
}

ServedRelease release_with_configuration(const std::string& version, const std::string& behaviour,
                                         const std::string& configuration) {
  HostCrypto crypto;
  ManifestOptions options;
  options.product = kProduct;
  options.sequence = 1;
  options.version = version;
  options.created_s = 1;
  const Digest digest = sha256(crypto, as_bytes(Text(configuration))).value;
  options.config_digest = std::string(to_hex(digest).characters);
  ServedRelease release;
  release.image = image_of(version, behaviour);
  release.version = version;
  release.sequence = 1;
  release.envelope = sign_manifest(
      build_manifest(inspect_image(release.image), release.image, options), release_key());
  return release;
}

class ConfigurationTest : public UpdateTest {
 protected:
  // What the device said of itself with its last check-in, 0 if nothing.
  SeenCheckin facts() const { return server_.last_checkin.value_or(SeenCheckin()); }
  void reboot() { make_device(); }
  size_t count_in_log(const std::string& text) const {
    size_t count = 0;
    for (size_t at = 0; (at = log_.find(text, at)) != std::string::npos; ++at) ++count;
    return count;
  }
};

TEST_F(ConfigurationTest, IsTriedConfirmedAndAcknowledged) {
  server_.configure(1, document(1, "healthy"));
  rest(5 * 60 * 1000);
  EXPECT_TRUE(logged("Configuration 1 confirmed")) << log_;
  EXPECT_EQ(facts().config_version, 1u);
  EXPECT_EQ(facts().config_failed, 0u);
  reboot();
  rest(5 * 60 * 1000);
  EXPECT_EQ(facts().config_version, 1u);
  EXPECT_FALSE(logged("Configuration 1 taken back"));
}

TEST_F(ConfigurationTest, IsFetchedOnce) {
  server_.configure(1, document(1, "healthy"));
  rest(kHour);
  size_t fetched = 0;
  for (const SeenRequest& request : server_.requests) {
    fetched += request.target.find("/firmware/blob/") != std::string::npos;
  }
  EXPECT_EQ(fetched, 1u);
}

// Each way of going wrong: the application refuses it, its self-test fails, it cuts itself off, it
// crashes, it hangs.
class BadConfigurationTest : public ConfigurationTest,
                             public testing::WithParamInterface<const char*> {};

TEST_P(BadConfigurationTest, IsTakenBackAndNotTakenAgain) {
  server_.configure(1, document(1, "healthy"));
  rest(kHour);
  server_.configure(2, document(2, GetParam()));
  rest(3 * kHour);
  EXPECT_EQ(facts().config_version, 1u) << log_;
  EXPECT_EQ(facts().config_failed, 2u);
  EXPECT_EQ(device_->running_index(), 0);
  log_.clear();
  rest(kHour);
  EXPECT_FALSE(logged("Configuration")) << "nothing is tried again: " << log_;
  server_.configure(3, document(3, "healthy"));
  rest(kHour);
  EXPECT_EQ(facts().config_version, 3u);
}

INSTANTIATE_TEST_SUITE_P(Each, BadConfigurationTest,
                         testing::Values("no-such-behaviour", "selftest-fail", "no-network",
                                         "crash", "hang"),
                         [](const testing::TestParamInfo<const char*>& behaviour) {
                           std::string word = behaviour.param;
                           std::replace(word.begin(), word.end(), '-', '_');
                           return word;
                         });

TEST_F(ConfigurationTest, OneCrashConvictsIt) {
  server_.configure(1, document(1, "crash"));
  rest(kHour);
  EXPECT_EQ(facts().config_failed, 1u) << log_;
  EXPECT_EQ(count_in_log("panic: reset"), 1u);
}

TEST_F(ConfigurationTest, ThePowerDoesNotButThreeTrialsAreEnough) {
  server_.configure(1, document(1, "healthy"));
  while (!logged("Configuration 1 on trial")) now_ms_ = std::max(now_ms_, device_->step(now_ms_));
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(logged("Configuration 1 taken back")) << i;
    device_->power_on();
    rest(5000);
  }
  rest(kHour);
  EXPECT_EQ(facts().config_failed, 1u) << log_;
  EXPECT_EQ(facts().config_version, 0u);
}

TEST_F(ConfigurationTest, TheJournalKnowsOfItsTrialBeforeItIsThere) {
  const Partition place = *load_partition_table(flash_).value.find(kTypeData, kSubtypeOtterJournal);
  size_t writes = 0;
  FlashWatch watch([&](const FlashOperation& operation) {
    if (operation.offset < place.offset + kConfigurationOffset ||
        operation.offset >= place.offset + place.size_bytes) {
      return;
    }
    ++writes;
    NorFlash copy = flash_.fork();
    FlashPartition partition(copy, place.offset, place.size_bytes);
    Journal journal(partition);
    ASSERT_EQ(journal.open(), Error::ok);
    EXPECT_EQ(journal.state().config_stage, ConfigStage::alone);
  });
  flash_.set_fault(&watch);
  server_.configure(1, document(1, "healthy"));
  rest(kHour);
  EXPECT_TRUE(logged("Configuration 1 confirmed"));
  EXPECT_GE(writes, 3u);
}

TEST_F(ConfigurationTest, ThatOfAReleaseIsNotInForceBeforeItsImageRuns) {
  const std::string configuration = document(5, "crash");
  server_.configure(5, configuration);
  server_.offer(release_with_configuration("1.0.1", "healthy", configuration));
  while (!logged("Download progress")) now_ms_ = std::max(now_ms_, device_->step(now_ms_));
  reboot();
  while (!logged("Rebooting to new firmware")) {
    now_ms_ = std::max(now_ms_, device_->step(now_ms_));
    ASSERT_FALSE(logged("panic: reset")) << log_;
  }
  rest(kHour);
  EXPECT_TRUE(logged("Rolled back from 1.0.1")) << log_;
}

TEST_F(ConfigurationTest, AReleaseThatIsRefusedKeepsNoConfigurationAway) {
  server_.faults.offers_always = true;
  server_.offer(release_of("1.0.1", "healthy", 1, "kettle"));
  server_.configure(1, document(1, "healthy"));
  rest(kHour);
  EXPECT_TRUE(logged("Update to 1.0.1 refused")) << log_;
  EXPECT_EQ(facts().config_version, 1u) << log_;
}

TEST_F(ConfigurationTest, ADocumentOfAnotherVersionIsNotTaken) {
  server_.configure(2, document(1, "healthy"));
  rest(kHour);
  EXPECT_EQ(facts().config_version, 0u);
  EXPECT_EQ(facts().config_failed, 2u);
}

TEST_F(ConfigurationTest, ThatWhichBelongsToAReleaseIsInForceWithIt) {
  const std::string configuration = document(5, "healthy");
  server_.configure(5, configuration);
  EXPECT_EQ(outcome_of(release_with_configuration("1.0.1", "healthy", configuration)).phase,
            Phase::confirmed)
      << log_;
  EXPECT_FALSE(logged("Configuration 5 on trial")) << "it has no trial of its own";
  rest(kHour);
  EXPECT_EQ(facts().config_version, 5u);
}

TEST_F(ConfigurationTest, ItGoesBackWithItsRelease) {
  server_.configure(1, document(1, "healthy"));
  rest(kHour);
  const std::string configuration = "{\"version\":5,\"values\":{}}";
  server_.configure(5, configuration);
  EXPECT_EQ(outcome_of(release_with_configuration("1.0.1", "crash", configuration)).phase,
            Phase::rolled_back)
      << log_;
  rest(kHour);
  EXPECT_EQ(facts().config_version, 1u);
  EXPECT_EQ(facts().config_failed, 5u);
}

TEST_F(ConfigurationTest, AReleaseWhoseConfigurationItsApplicationRefusesIsRolledBack) {
  const std::string configuration = document(5, "no-such-behaviour");
  server_.configure(5, configuration);
  const Delivered outcome =
      outcome_of(release_with_configuration("1.0.1", "healthy", configuration));
  EXPECT_EQ(outcome.phase, Phase::rolled_back) << log_;
  EXPECT_EQ(outcome.error, Error::bad_config);
}

TEST_F(ConfigurationTest, AReleaseWhoseConfigurationIsMissingFailsBeforeTheFirstErase) {
  const ServedRelease release = release_with_configuration("1.0.1", "healthy", "not served");
  EXPECT_EQ(outcome_of(release).phase, Phase::failed) << log_;
  EXPECT_EQ(flash_.erase_count(second_slot() / kSectorSize), 0u);
}

}  // namespace
}  // namespace otter::sim
