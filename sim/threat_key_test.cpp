// docs/threats.md: what a stolen key is good for, and what it is not.
#include "sim/threat_fixture.h"
#include "sim/trust_fixture.h"

namespace otter::sim {
namespace {

// A board built with root metadata: two of three root keys, one release key.
class KeyThreat : public TrustTest {
 protected:
  KeyThreat() { server_.faults.offers_always = true; }
  Delivered told_of(const ServedRelease& release) {
    make_device();
    server_.offer(release);
    run(kHour);
    return device_->delivered().value_or(Delivered());
  }
  void rotate_release_key() {
    root_.release_keys = {{point_of(new_key_), {}, {}}};
    root_.revoked = {old_key_.key_id()};
    ++root_.epoch;
    publish_next_root({&root_a_, &root_b_});
  }
  // A release that only its manifest's channel distinguishes.
  ServedRelease release_in(const FixedKey& key, const std::string& channel) {
    ServedRelease release = release_by(key, "1.0.1", 1);
    ManifestOptions options;
    options.product = kProduct;
    options.channel = channel;
    options.sequence = 1;
    options.version = "1.0.1";
    options.created_s = 1;
    release.envelope =
        key.sign_manifest(build_manifest(inspect_image(release.image), release.image, options));
    return release;
  }
};

// A thief signs the highest sequence that there is, to leave none above it.
TEST_F(KeyThreat, threat_fast_forward) {
  ASSERT_EQ(told_of(release_by(old_key_, "1.0.1", 5)).phase, Phase::confirmed);
  for (const uint64_t sequence : {uint64_t{0xFFFFFFFF}, static_cast<uint64_t>(kSequenceMax)}) {
    EXPECT_EQ(told_of(release_by(old_key_, "1.0.2", sequence)).error, Error::sequence_jump);
  }
  const uint64_t far = 5 + (uint64_t{1} << 20);
  EXPECT_EQ(told_of(release_by(old_key_, "1.0.2", far)).phase, Phase::confirmed) << "one step";
  rotate_release_key();
  EXPECT_EQ(told_of(release_by(new_key_, "1.0.3", 1)).phase, Phase::confirmed)
      << "a new epoch begins its sequences anew: " << log_;
}

// The server's own secret is known: whoever has it can choose among signed releases, no more.
TEST_F(KeyThreat, threat_key_compromise_any) {
  const FixedKey stranger("stranger");
  EXPECT_EQ(told_of(release_by(stranger, "1.0.1", 1)).phase, Phase::none) << log_;
  EXPECT_EQ(server_.image_bytes_sent, 0u);
  ASSERT_EQ(told_of(release_by(old_key_, "1.0.2", 2)).phase, Phase::confirmed);
  EXPECT_EQ(told_of(release_by(old_key_, "1.0.3", 1)).error, Error::old_sequence);
  // One root key of two makes no root.
  root_.release_keys = {{point_of(stranger), {}, {}}};
  publish_next_root({&root_a_});
  EXPECT_EQ(told_of(release_by(stranger, "1.0.4", 4)).phase, Phase::none) << log_;
  EXPECT_EQ(facts().root_version, 1u);
}

TEST_F(KeyThreat, threat_key_compromise_release) {
  // The thief's own release is taken, until the key is replaced.
  ASSERT_EQ(told_of(release_by(old_key_, "1.0.1", 7)).phase, Phase::confirmed);
  rotate_release_key();
  EXPECT_EQ(told_of(release_by(old_key_, "1.0.2", 8)).phase, Phase::none) << log_;
  EXPECT_EQ(facts().root_version, 2u);
  EXPECT_EQ(told_of(release_by(new_key_, "1.0.3", 1)).phase, Phase::confirmed) << log_;
}

TEST_F(KeyThreat, threat_key_exposure) {
  rotate_release_key();
  EXPECT_EQ(told_of(release_by(old_key_, "1.0.1", 1)).phase, Phase::none) << log_;
  EXPECT_EQ(server_.image_bytes_sent, 0u);
  // Nor does it come back with a later root.
  root_.revoked.clear();
  root_.release_keys = {{point_of(old_key_), {}, {}}};
  publish_next_root({&root_a_, &root_b_});
  EXPECT_EQ(told_of(release_by(old_key_, "1.0.1", 1)).phase, Phase::none) << log_;
  EXPECT_EQ(facts().root_version, 2u);
}

TEST_F(KeyThreat, threat_upd_unapproved) {
  root_.release_keys = {{point_of(old_key_), {}, {"beta"}}, {point_of(new_key_), {}, {}}};
  publish_next_root({&root_a_, &root_b_});
  EXPECT_EQ(told_of(release_in(old_key_, "stable")).phase, Phase::none) << log_;
  EXPECT_TRUE(logged("Check for updates failed")) << log_;
  EXPECT_EQ(server_.image_bytes_sent, 0u);
  EXPECT_EQ(told_of(release_in(old_key_, "beta")).phase, Phase::confirmed) << log_;
}

// All that is on the first board is known, its key included: on the second board it opens nothing.
TEST_F(Threat, threat_shared_hmac_secret) {
  rest(kHour);  // the first board has enrolled
  uint8_t stolen[4 + kDeviceKeySize];
  ASSERT_EQ(settings_.load(Setting::device_key, stolen).value, sizeof(stolen));
  const Digest mac_key =
      derive_purpose_key(crypto_, Bytes(stolen).part(4), KeyPurpose::response_mac).value;

  settings_ = MemorySettings();
  config_.updater.device_id = "board-2";
  server_.faults.frame = [&](std::vector<uint8_t>& frame) {  // the thief answers for the server
    const CheckinFrame true_frame = parse_checkin_frame(frame).value;
    const std::vector<uint8_t> statement(true_frame.statement.data,
                                         true_frame.statement.data + true_frame.statement.size);
    const std::vector<uint8_t> envelope(true_frame.envelope.data,
                                        true_frame.envelope.data + true_frame.envelope.size);
    const Digest mac = hmac_sha256(crypto_, mac_key.bytes, statement).value;
    std::vector<uint8_t> forged(kFrameSizeMax);
    Appender out{MutableBytes(forged)};
    ASSERT_EQ(write_checkin_frame({statement, mac.bytes, envelope}, out), Error::ok);
    forged.resize(out.written().size);
    frame = forged;
  };
  EXPECT_TRUE(is_refused(release_of("1.0.1", "healthy"))) << log_;
  EXPECT_TRUE(logged("Check for updates failed")) << log_;
  server_.faults.frame = nullptr;
  EXPECT_EQ(told_of(release_of("1.0.2", "healthy", 2)).phase, Phase::confirmed) << log_;
}

class SleepingBoard : public TrustTest, public testing::WithParamInterface<uint64_t> {};

// The authority of TLS changes while a board sleeps, which wakes every so many days: nobody is left
// behind.
TEST_P(SleepingBoard, threat_pinned_cert_expiry) {
  const uint64_t days = GetParam();
  config_.updater.check_interval_s = 3600;
  make_device();
  rest(kHour);  // it knew the old authority
  publish_next_root({&root_a_, &root_b_});
  publish_trust(2, {&root_a_, &root_b_});
  server_.identity.anchor = anchor_;
  now_ms_ += days * kDay;
  make_device();
  EXPECT_EQ(outcome_of(release_by(old_key_, "1.0.1", 1)).phase, Phase::confirmed) << log_;
}

INSTANTIATE_TEST_SUITE_P(Days, SleepingBoard, testing::Values(1, 30, 400));

}  // namespace
}  // namespace otter::sim
