// Root metadata, trust payload and device keys on a board: rotation, revocation, rescue.
#include "sim/trust_fixture.h"

namespace otter::sim {
namespace {

class TrustedMetadataTest : public TrustTest {
 protected:
  // Eleven links: from two keys of three to one, which is replaced ten times; root metadata 12.
  void rotate_root_ten_times() {
    for (int i = 0; i < 11; ++i) rotated_.emplace_back("rotated " + std::to_string(i));
    root_.root_threshold = 1;
    root_.root_keys = {point_of(rotated_[0])};
    publish_next_root({&root_a_, &root_b_, &rotated_[0]});
    for (size_t i = 1; i < rotated_.size(); ++i) {
      root_.root_keys = {point_of(rotated_[i])};
      publish_next_root({&rotated_[i - 1], &rotated_[i]});
    }
  }
  // The certificate has changed, too, and only whoever holds the last root key says so.
  void change_the_certificate() {
    publish_trust(3, {&rotated_.back()});
    server_.identity.anchor = anchor_;
  }
  void expect_that_nobody_unverified_was_told_a_secret() const {
    for (const SeenRequest& request : server_.requests) {
      if (request.verify_peer) continue;
      EXPECT_FALSE(request.headers.contains("X-API-Key")) << request.target;
      EXPECT_FALSE(request.headers.contains(kDeviceFactsHeader)) << request.target;
    }
  }

  std::vector<FixedKey> rotated_;
};

TEST_F(TrustedMetadataTest, AReleaseOfAListedKeyIsTaken) {
  EXPECT_EQ(outcome_of(release_by(old_key_, "1.0.1", 1)).phase, Phase::confirmed) << log_;
}

TEST_F(TrustedMetadataTest, AReleaseOfAStrangerIsNot) {
  server_.offer(release_by(new_key_, "1.0.1", 1));
  EXPECT_FALSE(run(kHour));
  EXPECT_TRUE(logged("unknown_key")) << log_;
  EXPECT_EQ(flash_.erase_count(second_slot() / kSectorSize), 0u);
}

TEST_F(TrustedMetadataTest, ARotatedReleaseKeyIsTakenAndTheOldOneNoMore) {
  root_.release_keys = {{point_of(new_key_), {}, {}}};
  root_.revoked = {old_key_.key_id()};
  publish_next_root({&root_b_, &root_c_});
  EXPECT_EQ(outcome_of(release_by(new_key_, "1.0.1", 1)).phase, Phase::confirmed) << log_;
  EXPECT_EQ(facts().root_version, 2u);
  make_device();  // it has been kept
  server_.offer(release_by(old_key_, "1.0.2", 2));
  EXPECT_FALSE(run(kHour)) << log_;
  EXPECT_EQ(facts().root_version, 2u);
}

TEST_F(TrustedMetadataTest, ADeviceThatWasOffForTenRotationsFollowsThem) {
  rotate_root_ten_times();
  EXPECT_EQ(outcome_of(release_by(old_key_, "1.0.1", 1)).phase, Phase::confirmed) << log_;
  EXPECT_EQ(facts().root_version, 12u);
}

// Root keys, and then the authority of TLS: all of it comes over connections that nobody vouches
// for.
TEST_F(TrustedMetadataTest, ADeviceThatWasOffForTenRotationsAndTheCertificateIsRescued) {
  rotate_root_ten_times();
  change_the_certificate();
  EXPECT_EQ(outcome_of(release_by(old_key_, "1.0.1", 1)).phase, Phase::confirmed) << log_;
  EXPECT_EQ(facts().root_version, 12u);
  EXPECT_EQ(facts().trust_version, 3u);
  expect_that_nobody_unverified_was_told_a_secret();
}

// The power fails at every flash operation of that, until the release is on its way.
TEST_F(TrustedMetadataTest, APowerCutWithinThatRescueLosesNothing) {
  rotate_root_ten_times();
  change_the_certificate();
  server_.offer(release_by(old_key_, "1.0.1", 1, kSmall));
  const NorFlash before = flash_.fork();
  for (uint64_t operation = 0;; ++operation) {
    for (const PowerCut cut : {PowerCut::before, PowerCut::torn, PowerCut::after}) {
      flash_ = before.fork();
      settings_ = MemorySettings();
      log_.clear();
      make_device();
      CutAtOperation fault(flash_.operation_count() + operation, {cut, 10});
      flash_.set_fault(&fault);
      rest(kHour);
      flash_.set_fault(nullptr);
      if (logged("Update available")) {
        EXPECT_GT(operation, 40u) << "eleven links and the payload: some operations each";
        return;
      }
      device_->power_on();
      ASSERT_TRUE(run(kHour)) << operation << log_;
      ASSERT_EQ(device_->delivered()->phase, Phase::confirmed) << operation << log_;
      ASSERT_EQ(facts().root_version, 12u) << operation << log_;
    }
  }
}

TEST_F(TrustedMetadataTest, ALinkWithoutTheOldThresholdIsNotTaken) {
  root_.release_keys = {{point_of(new_key_), {}, {}}};
  publish_next_root({&root_a_});
  server_.offer(release_by(new_key_, "1.0.1", 1));
  EXPECT_FALSE(run(kHour));
  EXPECT_EQ(facts().root_version, 1u);
  EXPECT_TRUE(logged("Root metadata stays at 1")) << log_;
  server_.offer(release_by(old_key_, "1.0.2", 2));
  EXPECT_TRUE(run(kHour)) << "what can't be had keeps no release away: " << log_;
}

TEST_F(TrustedMetadataTest, AHigherEpochLetsSequencesBeginAnew) {
  ASSERT_EQ(outcome_of(release_by(old_key_, "1.0.1", 1000000)).phase, Phase::confirmed) << log_;
  ++root_.epoch;
  root_.release_keys = {{point_of(new_key_), {}, {}}};
  publish_next_root({&root_a_, &root_b_});
  make_device();
  // It is offered what is above the sequence that it states; here, to everybody.
  ServedRelease release = release_by(new_key_, "1.0.2", 1);
  release.sequence = UINT64_MAX;
  EXPECT_EQ(outcome_of(release).phase, Phase::confirmed) << log_;
  EXPECT_EQ(facts().sequence, 1u);
}

TEST_F(TrustedMetadataTest, AFirmwareBringsALaterRootThanTheStoredOne) {
  publish_next_root({&root_a_, &root_b_});
  rest(kHour);
  ASSERT_EQ(facts().root_version, 2u) << log_;
  root_.version = 3;
  const std::string newer = build_root(root_);
  config_.updater.root = newer;
  make_device();
  rest(kHour);
  EXPECT_EQ(facts().root_version, 3u) << log_;
}

TEST_F(TrustedMetadataTest, LostMetadataDoesNotBringRevokedKeysBack) {
  root_.release_keys = {{point_of(new_key_), {}, {}}};
  root_.revoked = {old_key_.key_id()};
  publish_next_root({&root_a_, &root_b_});
  rest(kHour);
  ASSERT_EQ(facts().root_version, 2u) << log_;
  const Partition storage =
      *load_partition_table(flash_).value.find(kTypeData, kSubtypeOtterJournal);
  FlashPartition flash(flash_, storage.offset, storage.size_bytes);
  ASSERT_EQ(flash.erase(kRootOffset, 2 * kSectorSize), Error::ok);
  server_.faults.statement = [](std::string& statement) {  // and nobody says that there is more
    const size_t at = statement.find("\"root_version\":2");
    if (at != std::string::npos) statement.replace(at, 16, "\"root_version\":1");
  };
  make_device();
  server_.offer(release_by(old_key_, "1.0.1", 1));
  EXPECT_FALSE(run(kHour)) << log_;
  server_.faults.statement = nullptr;
  server_.offer(release_by(new_key_, "1.0.2", 2));
  EXPECT_TRUE(run(kHour)) << log_;
}

// After a rollback to firmware from before there was root metadata.
TEST_F(TrustedMetadataTest, FirmwareWithoutRootMetadataGoesByItsOwnKeys) {
  publish_next_root({&root_a_, &root_b_});
  rest(kHour);
  ASSERT_EQ(facts().root_version, 2u) << log_;
  config_.updater.root = Text();
  config_.updater.release_keys = &old_key_.release_key();
  config_.updater.release_key_count = 1;
  make_device();
  EXPECT_EQ(outcome_of(release_by(old_key_, "1.0.1", 1)).phase, Phase::confirmed) << log_;
}

// Built in, confirmed, and then lost with the firmware that brought it.
TEST_F(TrustedMetadataTest, WhatConfirmedFirmwareWasBuiltWithIsRemembered) {
  const ServedRelease revoked = release_by(old_key_, "1.0.2", 2);
  root_.version = 2;
  root_.release_keys = {{point_of(new_key_), {}, {}}};
  root_.revoked = {old_key_.key_id()};
  const std::string newer = build_root(root_);
  config_.updater.root = newer;
  make_device();
  ASSERT_EQ(outcome_of(release_by(new_key_, "1.0.1", 1)).phase, Phase::confirmed) << log_;
  config_.updater.root = built_in_;
  make_device();
  server_.offer(revoked);
  EXPECT_FALSE(run(kHour)) << log_;
  EXPECT_TRUE(logged("root_missing")) << log_;
}

TEST_F(TrustedMetadataTest, ATrustPayloadIsTakenBeforeTheCertificateChanges) {
  publish_trust(3, {&root_a_, &root_c_});
  rest(kHour);
  EXPECT_EQ(facts().trust_version, 3u) << log_;
  server_.identity.anchor = anchor_;
  make_device();
  EXPECT_EQ(outcome_of(release_by(old_key_, "1.0.1", 1)).phase, Phase::confirmed) << log_;
}

TEST_F(TrustedMetadataTest, ADeviceThatMissedTheChangeIsRescuedAndTellsNoSecret) {
  publish_next_root({&root_a_, &root_b_});
  publish_trust(3, {&root_a_, &root_c_});
  server_.identity.anchor = anchor_;
  EXPECT_EQ(outcome_of(release_by(old_key_, "1.0.1", 1)).phase, Phase::confirmed) << log_;
  expect_that_nobody_unverified_was_told_a_secret();
  const auto unverified =
      std::count_if(server_.requests.begin(), server_.requests.end(),
                    [](const SeenRequest& request) { return !request.verify_peer; });
  EXPECT_GE(unverified, 3) << "a link, the end of the chain, the trust payload";
}

TEST_F(TrustedMetadataTest, ACertificateThatChangesDuringATrialDoesNotUndoIt) {
  server_.offer(release_by(old_key_, "1.0.1", 1));
  while (!logged("Rebooting to new firmware")) {
    now_ms_ = std::max(now_ms_, device_->step(now_ms_));
  }
  publish_trust(3, {&root_a_, &root_c_});
  server_.identity.anchor = anchor_;
  EXPECT_TRUE(run()) << log_;
  EXPECT_TRUE(logged("Server contact: tls_untrusted")) << log_;
  EXPECT_EQ(device_->delivered()->phase, Phase::confirmed) << log_;
}

TEST_F(TrustedMetadataTest, SomebodyInBetweenGainsNothingByIt) {
  server_.identity.anchor = "bWl0bQ==";
  TrustDocument trust;
  trust.version = 9;
  trust.anchors = {{0x30, 0x01, 0x00}};
  const FixedKey stranger("stranger");
  server_.set_trust(9, frame_of(kTrustType, build_trust(trust), {&stranger}));
  server_.offer(release_by(old_key_, "1.0.1", 1));
  EXPECT_FALSE(run(kDay));
  for (const SeenRequest& request : server_.requests) {
    EXPECT_FALSE(request.headers.contains("X-API-Key")) << request.target;
  }
  const size_t checks = kDay / 60000;
  EXPECT_LE(server_.requests.size(), 2 * checks + 100) << "root and trust, once a check";
}

TEST_F(TrustedMetadataTest, AnOlderTrustPayloadIsNotTaken) {
  publish_trust(3, {&root_a_, &root_b_});
  rest(kHour);
  ASSERT_EQ(facts().trust_version, 3u);
  publish_trust(2, {&root_a_, &root_b_});
  server_.identity.anchor = anchor_;
  server_.offer(release_by(old_key_, "1.0.1", 1));
  EXPECT_FALSE(run(kHour)) << log_;
}

TEST_F(TrustedMetadataTest, AHigherEpochLetsTrustVersionsBeginAnew) {
  publish_trust(UINT32_MAX, {&root_a_, &root_b_});  // whoever stole two root keys
  rest(kHour);
  ASSERT_EQ(facts().trust_version, UINT32_MAX);
  ++root_.epoch;
  publish_next_root({&root_a_, &root_b_});
  publish_trust(4, {&root_a_, &root_b_});
  rest(kHour);
  EXPECT_EQ(facts().trust_version, 4u) << log_;
}

// Cuts the power at every flash operation while link and payload are stored.
TEST_F(TrustedMetadataTest, APowerCutWhileTheyAreStoredLosesNothing) {
  publish_next_root({&root_a_, &root_b_});
  publish_trust(3, {&root_a_, &root_c_});
  for (uint64_t operation = 0;; ++operation) {
    for (const PowerCut cut : {PowerCut::before, PowerCut::torn, PowerCut::after}) {
      flash_ = NorFlash(4 * kMebibyte);
      write_factory_state(flash_, image_of("1.0.0", "healthy"));
      settings_ = MemorySettings();
      make_device();
      CutAtOperation fault(flash_.operation_count() + operation, {cut, 10});
      flash_.set_fault(&fault);
      rest(kHour);
      flash_.set_fault(nullptr);
      if (flash_.has_power()) {
        EXPECT_GT(operation, 8u) << "journal, link, payload: some operations each";
        return;
      }
      device_->power_on();
      rest(kHour);
      ASSERT_EQ(facts().root_version, 2u) << operation << log_;
      ASSERT_EQ(facts().trust_version, 3u) << operation << log_;
    }
  }
}

class DeviceKeyTest : public UpdateTest {
 protected:
  // Whose key the last check-in bore, and how it was answered.
  std::string last_key() const { return server_.requests.back().headers.at("X-API-Key"); }
  size_t enrolments() const {
    return static_cast<size_t>(std::count_if(
        server_.requests.begin(), server_.requests.end(),
        [](const SeenRequest& request) { return request.target == "/firmware/enroll"; }));
  }
};

TEST_F(DeviceKeyTest, ANewEpochBringsANewKeyWithoutAGap) {
  rest(kHour);
  const std::string first = last_key();
  server_.set_key_epoch(2);
  rest(kHour);
  EXPECT_NE(last_key(), first);
  EXPECT_EQ(enrolments(), 2u) << log_;
  EXPECT_FALSE(logged("Check for updates failed")) << log_;
  make_device();
  server_.set_key_epoch(3);  // of the first epoch nothing is accepted any more
  EXPECT_EQ(outcome_of(release_of("1.0.1", "healthy")).phase, Phase::confirmed) << log_;
}

TEST_F(DeviceKeyTest, ADeviceThatMissedAnEpochEnrolsAnew) {
  rest(kHour);
  server_.set_key_epoch(4);
  EXPECT_EQ(outcome_of(release_of("1.0.1", "healthy")).phase, Phase::confirmed) << log_;
  EXPECT_EQ(enrolments(), 2u) << log_;
}

TEST_F(DeviceKeyTest, WhileTheServerRefusesEveryKeyTheOldOneIsKept) {
  rest(kHour);
  const std::string first = last_key();
  server_.faults.status = 401;
  rest(3 * kHour);
  server_.faults.status = 0;
  server_.set_api_key("another product key");  // so that it can't enrol any more
  EXPECT_EQ(outcome_of(release_of("1.0.1", "healthy")).phase, Phase::confirmed) << log_;
}

TEST_F(DeviceKeyTest, ANewKeyThatTheServerDoesNotKnowIsGivenUpForTheOld) {
  rest(kHour);
  uint8_t value[36] = {9};
  ASSERT_EQ(settings_.store(Setting::next_device_key, value), Error::ok);
  make_device();
  EXPECT_EQ(outcome_of(release_of("1.0.1", "healthy")).phase, Phase::confirmed) << log_;
  EXPECT_EQ(enrolments(), 1u) << log_;
}

TEST_F(DeviceKeyTest, ADamagedKeyIsReplaced) {
  rest(kHour);
  ASSERT_EQ(settings_.store(Setting::device_key, as_bytes(Text("short"))), Error::ok);
  make_device();
  EXPECT_EQ(outcome_of(release_of("1.0.1", "healthy")).phase, Phase::confirmed) << log_;
  EXPECT_EQ(enrolments(), 2u) << log_;
}

}  // namespace
}  // namespace otter::sim
