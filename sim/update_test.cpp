// Whole updates: the real engine on the simulated flash and bootloader, against a scripted server.
#include <gtest/gtest.h>

#include "publish/image_maker.h"
#include "publish/image_report.h"
#include "publish/manifest_builder.h"
#include "sim/scripted_server.h"
#include "sim/temporary_folder.h"
#include "sim/virtual_device.h"

namespace otter::sim {
namespace {

constexpr ChipId kEsp32c3 = 5;
constexpr char kProduct[] = "thermostat";
constexpr uint32_t kUsual = 160 * 1024;      // [bytes]
constexpr uint32_t kSmall = 80 * 1024;       // [bytes] two blocks, one of them short
constexpr uint64_t kHour = 3600 * 1000;      // [ms]
constexpr uint64_t kDay = 24 * 3600 * 1000;  // [ms]

// NVS in memory: it outlives a reset, not the test.
class MemorySettings : public Settings {
 public:
  Result<size_t> load(Setting, MutableBytes out) override {
    std::copy(value_.begin(), value_.end(), out.data);
    return value_.size();
  }
  Error store(Setting, Bytes value) override {
    value_.assign(value.data, value.data + value.size);
    return Error::ok;
  }

 private:
  std::vector<uint8_t> value_;
};

std::vector<uint8_t> image_of(const std::string& version, const std::string& behaviour,
                              uint32_t size_bytes = kUsual, const std::string& product = kProduct) {
  ImageRecipe recipe;
  recipe.chip = kEsp32c3;
  recipe.product = product;
  recipe.version = version;
  recipe.behaviour = behaviour;
  recipe.size_bytes = size_bytes;
  return make_image(recipe);
}

// Keys and images are made once: they do not change between tests.
const std::string& release_key() {
  static const TemporaryFolder folder;
  static const std::string path = [] {
    const std::string made = folder.file("release.pem");
    make_signing_key(made);
    return made;
  }();
  return path;
}

ServedRelease release_with(std::vector<uint8_t> image, const std::string& version,
                           uint64_t sequence, const std::string& product) {
  ServedRelease release;
  release.image = std::move(image);
  release.version = version;
  release.sequence = sequence;
  ManifestOptions options;
  options.product = product;
  options.sequence = sequence;
  options.version = version;
  options.created_s = 1;
  release.envelope = sign_manifest(
      build_manifest(inspect_image(release.image), release.image, options), release_key());
  return release;
}

ServedRelease release_of(const std::string& version, const std::string& behaviour,
                         uint64_t sequence = 1, const std::string& product = kProduct) {
  return release_with(image_of(version, behaviour, kUsual, product), version, sequence, product);
}

class UpdateTest : public testing::Test {
 protected:
  UpdateTest() {
    const std::vector<uint8_t> point = read_public_point(release_key());
    memcpy(key_.point, point.data(), point.size());
    if (hex_decode(key_id_of(point), key_.id) != Error::ok) abort();
    config_.boot.chip = {kEsp32c3, 3};
    config_.updater.device_id = "board-1";
    config_.updater.product = kProduct;
    config_.updater.api_key = "otk_shared";
    config_.updater.release_keys = &key_;
    config_.updater.release_key_count = 1;
    config_.updater.check_interval_s = 60;
    write_factory_state(flash_, image_of("1.0.0", "healthy"));
    make_device();
  }

  void make_device() {
    VirtualDevicePorts ports{flash_, crypto_, settings_, [this] { return server_.connect(); },
                             [this](LogLevel, const std::string& line) { log_ += line + "\n"; }};
    device_ = std::make_unique<VirtualDevice>(config_, ports);
  }
  // Lets virtual time pass until the server was told of an outcome; false if it never is.
  bool run(uint64_t for_ms = kDay) {
    const uint64_t end = now_ms_ + for_ms;
    while (now_ms_ < end && !device_->delivered()) {
      const uint64_t wake = device_->step(now_ms_);
      if (wake == kNever) return false;
      now_ms_ = std::max(now_ms_, wake);
    }
    return device_->delivered().has_value();
  }
  void rest(uint64_t for_ms) {
    const uint64_t end = now_ms_ + for_ms;
    while (now_ms_ < end) now_ms_ = std::max(now_ms_, device_->step(now_ms_));
  }
  Delivered outcome_of(const ServedRelease& release) {
    server_.offer(release);
    EXPECT_TRUE(run()) << log_;
    return device_->delivered().value_or(Delivered());
  }
  // [bytes from the start of flash]
  uint32_t second_slot() {
    const Result<PartitionTable> table = load_partition_table(flash_);
    return table.value.find(kTypeApp, kSubtypeOta0 + 1)->offset;
  }
  bool logged(const std::string& text) const { return log_.find(text) != std::string::npos; }

  NorFlash flash_{4 * kMebibyte};
  HostCrypto crypto_;
  MemorySettings settings_;
  ScriptedServer server_{kProduct, Digest()};
  ReleaseKey key_{};
  VirtualDeviceConfig config_;
  std::unique_ptr<VirtualDevice> device_;
  uint64_t now_ms_ = 0;
  std::string log_;
};

TEST_F(UpdateTest, AHealthyReleaseIsConfirmedByteForByte) {
  const ServedRelease release = release_of("1.0.1", "healthy");
  EXPECT_EQ(outcome_of(release).phase, Phase::confirmed) << log_;
  EXPECT_EQ(device_->running_index(), 1);
  std::vector<uint8_t> held(release.image.size());
  ASSERT_EQ(flash_.read(second_slot(), held), Error::ok);
  EXPECT_EQ(held, release.image);
}

TEST_F(UpdateTest, SaysWhatItDoesInTheWordsPeopleKnow) {
  outcome_of(release_of("1.0.1", "healthy"));
  for (const char* line :
       {"[OTA] Current version: 1.0.0", "[OTA] Download progress: 45%",
        "[OTA] SHA256 verification: PASSED", "[OTA] Firmware written successfully",
        "[OTA] Rebooting to new firmware...", "[OTA] Current version: 1.0.1"}) {
    EXPECT_TRUE(logged(line)) << line << "\n" << log_;
  }
}

struct BadRelease {
  const char* behaviour;
  Error reason;
};
class BadReleaseTest : public UpdateTest, public testing::WithParamInterface<BadRelease> {};

TEST_P(BadReleaseTest, IsRolledBackAndSaysWhy) {
  const Delivered outcome = outcome_of(release_of("1.0.2", GetParam().behaviour));
  EXPECT_EQ(outcome.phase, Phase::rolled_back) << log_;
  EXPECT_EQ(outcome.error, GetParam().reason) << log_;
  EXPECT_EQ(outcome.version, "1.0.2");
  EXPECT_EQ(device_->running_index(), 0);
}

TEST_P(BadReleaseTest, IsNotTakenASecondTime) {
  outcome_of(release_of("1.0.2", GetParam().behaviour));
  const uint64_t sent = server_.image_bytes_sent;
  rest(kDay);
  EXPECT_EQ(server_.image_bytes_sent, sent);
  EXPECT_EQ(server_.reports.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(EachWay, BadReleaseTest,
                         testing::Values(BadRelease{"crash", Error::crashed},
                                         BadRelease{"hang", Error::watchdog},
                                         BadRelease{"selftest-fail", Error::selftest_failed},
                                         BadRelease{"no-network", Error::no_network}));

TEST_F(UpdateTest, AGoodReleaseAfterABadOneIsTaken) {
  outcome_of(release_of("1.0.2", "crash", 1));
  make_device();
  EXPECT_EQ(outcome_of(release_of("1.0.3", "healthy", 2)).phase, Phase::confirmed) << log_;
}

TEST_F(UpdateTest, TheReleaseThatRunsAlreadyIsAdoptedWithoutADownload) {
  EXPECT_EQ(outcome_of(release_of("1.0.0", "healthy")).phase, Phase::confirmed);
  EXPECT_EQ(server_.image_bytes_sent, 0u);
  EXPECT_EQ(device_->running_index(), 0);
  rest(kHour);
  EXPECT_EQ(server_.reports.size(), 1u);
}

TEST_F(UpdateTest, ManyUpdatesInARowAlternateTheSlots) {
  for (uint64_t i = 1; i <= 6; ++i) {
    make_device();
    const std::string version = "1.1." + std::to_string(i);
    ASSERT_EQ(outcome_of(release_of(version, "healthy", i)).phase, Phase::confirmed) << log_;
    EXPECT_EQ(device_->running_index(), static_cast<int>(i % 2));
  }
}

TEST_F(UpdateTest, WithoutRollbackInTheBootloaderTheJournalRollsBack) {
  config_.boot.rollback = false;
  make_device();
  const Delivered outcome = outcome_of(release_of("1.0.2", "crash"));
  EXPECT_EQ(outcome.phase, Phase::rolled_back) << log_;
  EXPECT_EQ(outcome.error, Error::crashed);
  EXPECT_EQ(device_->running_index(), 0);
}

TEST_F(UpdateTest, ABadBlockIsFetchedAgainAndNotTheImage) {
  server_.faults.wrong_image_byte = 70000;
  const ServedRelease release = release_of("1.0.1", "healthy");
  EXPECT_EQ(outcome_of(release).phase, Phase::confirmed);
  EXPECT_TRUE(logged("Download stopped at byte 65536"));
  EXPECT_LE(server_.image_bytes_sent, release.image.size() + kBlockSizeMin);
}

TEST_F(UpdateTest, AMirrorThatLiesForEverIsGivenUpAndReported) {
  server_.faults.wrong_image_byte = 70000;
  server_.faults.wrong_image_times = 1000;
  const Delivered outcome = outcome_of(release_of("1.0.1", "healthy"));
  EXPECT_EQ(outcome.phase, Phase::failed);
  EXPECT_EQ(outcome.error, Error::bad_hash);
  EXPECT_EQ(device_->running_index(), 0);
}

TEST_F(UpdateTest, ADroppedConnectionGoesOnBehindTheLastProvedBlock) {
  server_.faults.drop_image_after = 70000;
  const ServedRelease release = release_of("1.0.1", "healthy");
  EXPECT_EQ(outcome_of(release).phase, Phase::confirmed) << log_;
  EXPECT_LE(server_.image_bytes_sent, release.image.size() + 2 * kBlockSizeMin);
}

TEST_F(UpdateTest, AServerWithoutRangesStartsOver) {
  server_.faults.wrong_image_byte = 70000;
  server_.faults.ignores_range = true;
  EXPECT_EQ(outcome_of(release_of("1.0.1", "healthy")).phase, Phase::confirmed) << log_;
  EXPECT_TRUE(logged("The server starts over"));
}

// Nothing of what follows may change a byte outside of the journal.
class RefusalTest : public UpdateTest {
 protected:
  void expect_nothing_installed() {
    server_.offer(release_of("1.0.1", "healthy"));
    rest(kHour);
    EXPECT_EQ(server_.image_bytes_sent, 0u);
    EXPECT_EQ(device_->running_index(), 0);
  }
};

TEST_F(RefusalTest, AnAnswerWithAnyByteFlippedInstallsNothing) {
  size_t at = 0;
  server_.faults.frame = [&at](std::vector<uint8_t>& frame) {
    frame[at % frame.size()] ^= 0x10;
    at += 37;
  };
  config_.updater.check_interval_s = 5;
  make_device();
  expect_nothing_installed();
  EXPECT_GT(at, 37u * 50);
}

TEST_F(RefusalTest, AReplayedAnswerIsStale) {
  std::vector<uint8_t> first;
  server_.faults.frame = [&first](std::vector<uint8_t>& frame) {
    if (first.empty()) {
      first = frame;
      first[first.size() - 1] ^= 1;  // the first time it must not be taken
    }
    frame = first;
  };
  expect_nothing_installed();
  EXPECT_TRUE(logged("answers another request"));
}

TEST_F(RefusalTest, AStatementForAnotherDeviceIsRefused) {
  server_.faults.statement = [](std::string& statement) {
    statement.replace(statement.find("board-1"), 7, "board-2");
  };
  expect_nothing_installed();
  EXPECT_TRUE(logged("made for another device"));
}

TEST_F(RefusalTest, AnOfferOfAnotherManifestIsRefused) {
  server_.faults.statement = [](std::string& statement) {
    const size_t at = statement.find("\"offered\":\"") + 11;
    statement[at] = statement[at] == '0' ? '1' : '0';
  };
  expect_nothing_installed();
  EXPECT_TRUE(logged("not the one that the statement offers"));
}

TEST_F(RefusalTest, AKeyThatTheDeviceDoesNotKnowIsNoKey) {
  key_.id[0] ^= 1;
  expect_nothing_installed();
  EXPECT_TRUE(logged("not signed by a key"));
}

TEST_F(RefusalTest, ASignatureByAnotherKeyOfTheSameIdIsBad) {
  key_.point[40] ^= 1;
  expect_nothing_installed();
  EXPECT_TRUE(logged("the signature is wrong"));
}

TEST_F(RefusalTest, WithoutKeysNothingIsAuthorised) {
  config_.updater.release_key_count = 0;
  config_.updater.signatures_needed = 0;
  make_device();
  expect_nothing_installed();
}

TEST_F(RefusalTest, AWrongCertificateIsSaidAndTheDeviceKeepsRunning) {
  server_.faults.connection = Error::tls_untrusted;
  expect_nothing_installed();
  EXPECT_TRUE(logged("certificate is not one that this device trusts"));
  server_.faults.connection = Error::ok;
  EXPECT_TRUE(run());
}

TEST_F(UpdateTest, AnotherProductsReleaseIsRefusedBeforeTheFirstErase) {
  const ServedRelease release = release_of("1.0.1", "healthy", 1, "kettle");
  EXPECT_EQ(outcome_of(release).error, Error::wrong_product);
  EXPECT_EQ(flash_.erase_count(second_slot() / kSectorSize), 0u);
}

TEST_F(UpdateTest, PlainModeChecksTheHmacAndUpdates) {
  config_.updater.mode = UpdateMode::plain;
  config_.updater.hmac_secret = as_bytes(Text("shared secret"));
  server_.set_hmac_secret("shared secret");
  make_device();
  EXPECT_EQ(outcome_of(release_of("1.0.1", "healthy")).phase, Phase::confirmed) << log_;
  EXPECT_TRUE(logged("[OTA] HMAC verification: PASSED"));
}

TEST_F(UpdateTest, PlainModeRefusesAWrongHmacOnce) {
  config_.updater.mode = UpdateMode::plain;
  config_.updater.hmac_secret = as_bytes(Text("shared secret"));
  server_.set_hmac_secret("another");
  make_device();
  const Delivered outcome = outcome_of(release_of("1.0.1", "healthy"));
  EXPECT_EQ(outcome.phase, Phase::refused);
  EXPECT_EQ(outcome.error, Error::bad_hmac);
  const uint64_t sent = server_.image_bytes_sent;
  rest(kDay);
  EXPECT_EQ(server_.image_bytes_sent, sent);
}

TEST_F(UpdateTest, AnUnreportedOutcomeIsSentLater) {
  server_.offer(release_of("1.0.1", "healthy"));
  while (!logged("Confirmed version 1.0.1")) now_ms_ = std::max(now_ms_, device_->step(now_ms_));
  server_.faults.status = 503;
  rest(kHour);
  EXPECT_TRUE(server_.reports.empty());
  server_.faults.status = 0;
  EXPECT_TRUE(run());
  EXPECT_EQ(server_.reports.size(), 1u);
}

// A power cut at every flash operation of an update, in each of three ways: in the end the device
// runs the new release, and says so.
class PowerCutTest : public UpdateTest, public testing::WithParamInterface<FlashDecision> {
 protected:
  // Runs an update with one cut; false if the update was over before the operation came.
  bool run_with_cut(uint64_t operation, const ServedRelease& release) {
    flash_ = NorFlash(4 * kMebibyte);
    write_factory_state(flash_, factory_);
    CutAtOperation cut(flash_.operation_count() + operation, GetParam());
    flash_.set_fault(&cut);
    settings_ = MemorySettings();
    log_.clear();
    make_device();
    server_.offer(release);
    server_.reports.clear();
    run();
    flash_.set_fault(nullptr);
    if (flash_.has_power()) return false;
    device_->power_on();
    rest(kHour);  // the cut may have come after the server was told
    EXPECT_EQ(device_->running_index(), 1) << "operation " << operation << "\n" << log_;
    EXPECT_FALSE(server_.reports.empty()) << "operation " << operation << "\n" << log_;
    for (const std::string& report : server_.reports) {
      EXPECT_NE(report.find("\"phase\":\"confirmed\""), std::string::npos) << report << "\n"
                                                                           << log_;
    }
    return true;
  }

  const std::vector<uint8_t> factory_ = image_of("1.0.0", "healthy", kSmall);
};

TEST_P(PowerCutTest, AtEveryOperationTheUpdateStillArrives) {
  const ServedRelease release =
      release_with(image_of("1.0.1", "healthy", kSmall), "1.0.1", 1, kProduct);
  uint64_t operation = 0;
  while (!HasFailure() && run_with_cut(operation, release)) ++operation;
  EXPECT_GT(operation, 350u);
  RecordProperty("cuts", static_cast<int>(operation));
}

INSTANTIATE_TEST_SUITE_P(EachWay, PowerCutTest,
                         testing::Values(FlashDecision{PowerCut::before, 0},
                                         FlashDecision{PowerCut::torn, 13},
                                         FlashDecision{PowerCut::torn, 200},
                                         FlashDecision{PowerCut::after, 0}));

}  // namespace
}  // namespace otter::sim
