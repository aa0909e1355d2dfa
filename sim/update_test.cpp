// Whole updates: the real engine on the simulated flash and bootloader, against a scripted server.
#include <gmock/gmock.h>

#include "sim/update_fixture.h"

namespace otter::sim {
namespace {

using testing::HasSubstr;
using testing::Not;

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
  EXPECT_THAT(server_.reports.back(), HasSubstr(R"("bootloader_rollback":"no")"));
}

TEST_F(UpdateTest, SaysThatTheBootloaderHasNoRollback) {
  config_.boot.rollback = false;
  make_device();
  EXPECT_EQ(outcome_of(release_of("1.0.1", "healthy", 1)).phase, Phase::confirmed) << log_;
  EXPECT_THAT(server_.reports.back(), HasSubstr(R"("boot_state":"confirmed")"));
  EXPECT_THAT(server_.reports.back(), HasSubstr(R"("bootloader_rollback":"no")"));
}

TEST_F(UpdateTest, ReportsHowTheDeviceFares) {
  config_.diagnostics.heap_low_water_bytes = 100000;
  config_.diagnostics.rssi_dbm = -61;
  make_device();
  EXPECT_EQ(outcome_of(release_of("1.0.1", "healthy")).phase, Phase::confirmed) << log_;
  const std::string& report = server_.reports.back();
  for (const char* fact : {R"("boot_state":"confirmed")", R"("reset_reason":"software")",
                           R"("attempt":1)", R"("safe_mode":false)", R"("fast_resets":0)",
                           R"("network_errors":0)", R"("flash_errors":0)", R"("heap_min":100000)",
                           R"("rssi":-61)", R"("config_version":0)", R"("config_failed":0)"}) {
    EXPECT_THAT(report, HasSubstr(fact));
  }
  EXPECT_THAT(report, Not(HasSubstr("bootloader_rollback")));
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
  EXPECT_TRUE(logged("stale_statement"));
}

TEST_F(RefusalTest, AStatementForAnotherDeviceIsRefused) {
  server_.faults.statement = [](std::string& statement) {
    statement.replace(statement.find("board-1"), 7, "board-2");
  };
  expect_nothing_installed();
  EXPECT_TRUE(logged("wrong_device"));
}

TEST_F(RefusalTest, AnOfferOfAnotherManifestIsRefused) {
  server_.faults.statement = [](std::string& statement) {
    const size_t at = statement.find("\"offered\":\"") + 11;
    statement[at] = statement[at] == '0' ? '1' : '0';
  };
  expect_nothing_installed();
  EXPECT_TRUE(logged("wrong_offer"));
}

TEST_F(RefusalTest, AKeyThatTheDeviceDoesNotKnowIsNoKey) {
  key_.id[0] ^= 1;
  expect_nothing_installed();
  EXPECT_TRUE(logged("unknown_key"));
}

TEST_F(RefusalTest, ASignatureByAnotherKeyOfTheSameIdIsBad) {
  key_.point[40] ^= 1;
  expect_nothing_installed();
  EXPECT_TRUE(logged("bad_signature"));
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
  EXPECT_TRUE(logged("tls_untrusted"));
  server_.faults.connection = Error::ok;
  EXPECT_TRUE(run());
}

TEST_F(UpdateTest, AnotherProductsReleaseIsRefusedBeforeTheFirstErase) {
  const ServedRelease release = release_of("1.0.1", "healthy", 1, "kettle");
  EXPECT_EQ(outcome_of(release).error, Error::wrong_product);
  EXPECT_EQ(flash_.erase_count(second_slot() / kSectorSize), 0u);
}

TEST_F(UpdateTest, ADeviceWithSmallTlsBuffersAsksPartByPart) {
  config_.updater.request_size_bytes = kSectorSize;
  make_device();
  EXPECT_EQ(outcome_of(release_of("1.0.1", "healthy")).phase, Phase::confirmed) << log_;
  size_t parts = 0;
  for (const SeenRequest& request : server_.requests) {
    const auto range = request.headers.find("Range");
    if (range == request.headers.end()) continue;
    EXPECT_EQ(range->second,
              "bytes=" + std::to_string(parts * kSectorSize) + "-" +
                  (parts == 39 ? "" : std::to_string((parts + 1) * kSectorSize - 1)));
    ++parts;
  }
  EXPECT_EQ(parts, kUsual / kSectorSize);
  EXPECT_EQ(server_.image_bytes_sent, kUsual) << "each byte once";
}

TEST_F(UpdateTest, TheReportSaysWhatWasFetched) {
  outcome_of(release_of("1.0.1", "healthy"));
  ASSERT_FALSE(server_.reports.empty());
  const Json report = Json::parse(server_.reports.back()).value;
  EXPECT_EQ(report.member("bytes").value.integer().value, int64_t{kUsual});
  EXPECT_EQ(report.member("duration_ms").value.type(), JsonType::integer);
  const Json metrics = report.member("metrics").value;
  EXPECT_GE(metrics.member("self_tests").value.integer().value, 1);
}

// The second attempt at a trial fetches nothing.
TEST_F(UpdateTest, ATrialThatIsGoneOnWithKeepsWhatItsDownloadTook) {
  now_ms_ = 10 * kDay;
  server_.offer(release_of("1.0.1", "healthy"));
  while (!logged("Trial of version 1.0.1")) now_ms_ = std::max(now_ms_, device_->step(now_ms_));
  const std::vector<uint8_t> zeros(kPageSize);
  ASSERT_EQ(flash_.program(second_slot() + 0x5000, zeros), Error::ok);
  make_device();  // the power failed, and the slot has rotted
  ASSERT_TRUE(run()) << log_;
  const Json report = Json::parse(server_.reports.back()).value;
  EXPECT_EQ(report.member("phase").value.plain_string().value, Text("failed")) << log_;
  EXPECT_EQ(report.member("bytes").value.integer().value, int64_t{kUsual});
  EXPECT_LT(report.member("duration_ms").value.integer().value, int64_t{kHour});
}

TEST_F(UpdateTest, PartByPartFromAServerThatKnowsNoRangesIsTheWholeAtOnce) {
  config_.updater.request_size_bytes = kSectorSize;
  server_.faults.ignores_range = true;
  make_device();
  EXPECT_EQ(outcome_of(release_of("1.0.1", "healthy")).phase, Phase::confirmed) << log_;
  EXPECT_EQ(server_.image_bytes_sent, kUsual);
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
    if (!update_with_cut(factory_, release, operation, GetParam())) return false;
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
