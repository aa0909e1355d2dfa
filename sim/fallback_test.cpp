// The ways back from a confirmed image: crash loop, safe mode, rollback on command.
#include "sim/update_fixture.h"

namespace otter::sim {
namespace {

constexpr uint32_t kFirstSlot = 0x20000;  // [bytes from the start of flash]

class FallbackTest : public UpdateTest {
 protected:
  void update_to(const std::string& version, const std::string& behaviour, uint64_t sequence) {
    make_device();
    ASSERT_EQ(outcome_of(release_of(version, behaviour, sequence)).phase, Phase::confirmed) << log_;
  }
  void command(const std::string& word) {
    server_.faults.statement = [word](std::string& statement) {
      statement.replace(statement.find("\"command\":null"), 14, "\"command\":\"" + word + '"');
    };
  }
  size_t reports_with(const std::string& text) const {
    return static_cast<size_t>(
        std::count_if(server_.reports.begin(), server_.reports.end(),
                      [&](const std::string& r) { return r.find(text) != std::string::npos; }));
  }
};

TEST_F(FallbackTest, AConfirmedImageThatKeepsCrashingIsLeftForTheOther) {
  update_to("1.0.1", "wear-out", 1);
  make_device();
  rest(kHour);
  EXPECT_EQ(device_->running_index(), 0) << log_;
  EXPECT_FALSE(device_->in_safe_mode());
  EXPECT_EQ(reports_with("\"error\":\"boot_loop\""), 1u) << log_;
  EXPECT_EQ(reports_with("\"phase\":\"rolled_back\""), 1u);
}

// The next check-in is an hour off, so that nothing else wakes the engine.
TEST_F(FallbackTest, CrashesThatAreFarApartAreNoRow) {
  update_to("1.0.1", "unstable", 1);
  make_device();
  rest(kHour * 10);
  EXPECT_EQ(device_->running_version(), "1.0.1") << log_;
  EXPECT_EQ(reports_with("rolled_back"), 0u);
}

TEST_F(FallbackTest, TheReleaseThatCrashedIsNotTakenAgain) {
  update_to("1.0.1", "wear-out", 1);
  make_device();
  rest(kHour);
  const uint64_t sent = server_.image_bytes_sent;
  rest(kDay);
  EXPECT_EQ(server_.image_bytes_sent, sent);
}

TEST_F(FallbackTest, ABoardThatHasGoneBackOnceDoesNotSwing) {
  update_to("1.0.1", "healthy", 1);
  update_to("1.0.2", "wear-out", 2);
  command("rollback");  // again and again
  make_device();
  rest(kHour);
  EXPECT_EQ(device_->running_index(), 1) << log_;
  const size_t switches = reports_with("rolled_back");
  rest(kDay);
  EXPECT_EQ(reports_with("rolled_back"), switches);
}

// Its entry in otadata is still that of the image that was there before.
TEST_F(FallbackTest, AnImageThatWasWrittenAndNeverTriedIsNoWayBack) {
  const ServedRelease first = release_of("1.0.1", "healthy", 1);
  update_to("1.0.1", "healthy", 1);
  server_.offer(release_of("1.0.2", "crash", 2));
  log_.clear();
  make_device();
  while (!logged("Firmware written successfully")) {
    now_ms_ = std::max(now_ms_, device_->step(now_ms_));
  }
  make_device();         // the power failed before otadata was written
  server_.offer(first);  // and the release is withdrawn
  command("rollback");
  rest(kHour);
  EXPECT_EQ(device_->running_index(), 1) << log_;
  EXPECT_TRUE(logged("No rollback: no_fallback")) << log_;
  EXPECT_FALSE(logged("thermostat 1.0.2 starts")) << log_;
}

TEST_F(FallbackTest, WithoutAnotherImageItIsInSafeModeAndUpdatesStillArrive) {
  flash_ = NorFlash(4 * kMebibyte);
  write_factory_state(flash_, image_of("1.0.0", "wear-out"));
  make_device();
  rest(kHour);
  EXPECT_TRUE(device_->in_safe_mode()) << log_;
  EXPECT_EQ(outcome_of(release_of("1.0.1", "healthy")).phase, Phase::confirmed) << log_;
  EXPECT_FALSE(device_->in_safe_mode());
}

TEST_F(FallbackTest, TheServersWordBringsTheOtherImageWithoutADownload) {
  update_to("1.0.1", "healthy", 1);
  const uint64_t sent = server_.image_bytes_sent;
  command("rollback");
  rest(kHour);
  EXPECT_EQ(device_->running_index(), 0) << log_;
  EXPECT_EQ(server_.image_bytes_sent, sent);
  EXPECT_EQ(reports_with("\"error\":\"commanded\""), 1u);
}

TEST_F(FallbackTest, ARollbackBelowTheSecurityFloorIsRefused) {
  update_to("1.0.1", "healthy", 1);
  config_.updater.security_floor = 1;  // the images have 0
  make_device();
  command("rollback");
  rest(kHour);
  EXPECT_EQ(device_->running_index(), 1);
}

TEST_F(FallbackTest, ADamagedOtherImageIsNoWayBack) {
  update_to("1.0.1", "healthy", 1);
  const uint8_t zero[1] = {0};
  ASSERT_EQ(flash_.program(kFirstSlot + 70000, zero), Error::ok);
  command("rollback");
  rest(kHour);
  EXPECT_EQ(device_->running_index(), 1);
  EXPECT_TRUE(logged("No rollback"));
}

TEST_F(FallbackTest, AnImageForAnotherChipIsNoWayBack) {
  update_to("1.0.1", "healthy", 1);
  ImageRecipe recipe;
  recipe.product = kProduct;
  recipe.version = "1.0.0";
  recipe.chip = 0;  // an ESP32
  const std::vector<uint8_t> image = make_image(recipe);
  ASSERT_EQ(flash_.erase(kFirstSlot, static_cast<uint32_t>(image.size())), Error::ok);
  ASSERT_EQ(flash_.program(kFirstSlot, image), Error::ok);
  command("rollback");
  rest(kHour);
  EXPECT_EQ(device_->running_index(), 1);
  EXPECT_TRUE(logged("No rollback: ")) << log_;
}

TEST_F(FallbackTest, FiveCrashesInARowAreEnough) {
  update_to("1.0.1", "wear-out", 1);
  log_.clear();
  make_device();
  while (!logged("Going back to the other image")) {
    now_ms_ = std::max(now_ms_, device_->step(now_ms_));
  }
  size_t crashes = 0;
  for (size_t at = 0; (at = log_.find("panic: reset", at)) != std::string::npos; ++at) ++crashes;
  EXPECT_EQ(crashes, 5u);
}

TEST_F(FallbackTest, TwoImagesThatCrashEndInSafeModeAndNotInASwing) {
  update_to("1.0.1", "wear-out", 1);  // runs on until the next reset
  server_.offer(release_of("1.0.2", "wear-out", 2));
  while (!logged("Confirmed version 1.0.2")) now_ms_ = std::max(now_ms_, device_->step(now_ms_));
  log_.clear();
  make_device();
  rest(kDay);
  EXPECT_TRUE(device_->in_safe_mode()) << log_;
  EXPECT_EQ(log_.find("Going back to the other image"),
            log_.rfind("Going back to the other image"));
}

TEST_F(FallbackTest, OfAReleaseThatWasLeftNothingMoreIsSaid) {
  update_to("1.0.1", "wear-out", 1);
  make_device();
  rest(kHour);
  const size_t reports = server_.reports.size();
  server_.faults.offers_always = true;
  rest(kDay);
  EXPECT_EQ(server_.reports.size(), reports) << server_.reports.back();
}

// It rots between the decision and the boot.
TEST_F(FallbackTest, AnOtherImageThatDoesNotStartIsGivenUp) {
  update_to("1.0.1", "healthy", 1);
  command("rollback");
  while (!logged("Going back to the other image")) {
    now_ms_ = std::max(now_ms_, device_->step(now_ms_));
  }
  const uint8_t zeros[16] = {};
  ASSERT_EQ(flash_.program(kFirstSlot + 70000, zeros), Error::ok);
  command("none");
  rest(kHour);
  EXPECT_TRUE(device_->in_safe_mode()) << log_;
  EXPECT_EQ(device_->running_index(), 1);
  EXPECT_EQ(reports_with("\"error\":\"no_fallback\""), 1u);
  EXPECT_EQ(reports_with("\"phase\":\"rolled_back\""), 0u) << "that would not be true";
}

// What ESP-IDF 5.5's own functions leave after two updates without a reboot between them: both
// entries name the slot that runs.
TEST_F(FallbackTest, AnOtadataThatNamesOneSlotTwiceIsRepairedAtTheStart) {
  const PartitionTable table = load_partition_table(flash_).value;
  const Partition& rows = *table.find(kTypeData, kSubtypeDataOta);
  FlashPartition otadata(flash_, rows.offset, rows.size_bytes);
  for (uint32_t i = 0; i < 2; ++i) {
    uint8_t entry[kOtadataEntrySize];
    write_otadata_entry(3, OtaState::valid, true, entry);
    ASSERT_EQ(otadata.erase(i * kSectorSize, kSectorSize), Error::ok);
    ASSERT_EQ(otadata.program(i * kSectorSize, entry), Error::ok);
  }
  make_device();
  rest(kHour);
  const Result<Otadata> repaired = BootControl(otadata, 2).read();
  EXPECT_TRUE(BootControl::is_sound(repaired.value, 0, 2)) << log_;
}

TEST_F(FallbackTest, ARepeatedRebootCommandLeavesTimeToWork) {
  command("reboot");
  server_.offer(release_of("1.0.1", "healthy"));
  rest(kHour);
  EXPECT_EQ(device_->running_index(), 1) << log_;
}

}  // namespace
}  // namespace otter::sim
