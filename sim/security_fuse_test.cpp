// Whole updates on a board whose bootloader was built with anti-rollback: what is burned and when,
// and that no board is stranded above its images.
#include "sim/security_fuse.h"

#include "sim/update_fixture.h"

namespace otter::sim {
namespace {

constexpr uint32_t kFuseBits = 16;

std::vector<uint8_t> versioned_image(const std::string& version, const std::string& behaviour,
                                     uint32_t security_version) {
  ImageRecipe recipe;
  recipe.chip = kEsp32c3;
  recipe.product = kProduct;
  recipe.version = version;
  recipe.behaviour = behaviour;
  recipe.size_bytes = kSmall;
  recipe.secure_version = security_version;
  return make_image(recipe);
}

ServedRelease versioned_release(const std::string& version, const std::string& behaviour,
                                uint64_t sequence, uint32_t security_version) {
  return release_with(versioned_image(version, behaviour, security_version), version, sequence,
                      kProduct);
}

TEST(SecurityFuse, BurnsUpwardsAndNoMoreBitsThanItHas) {
  SecurityFuse fuse{1, 4};
  EXPECT_FALSE(fuse.burn(0));
  EXPECT_FALSE(fuse.burn(5));
  EXPECT_TRUE(fuse.burn(1));
  EXPECT_EQ(fuse.version, 1u);
  EXPECT_TRUE(fuse.burn(4));
  EXPECT_FALSE(fuse.allows(3));
  EXPECT_TRUE(fuse.allows(5)) << "it boots, though nothing can be burned for it";
}

// The board runs 1.0.0 from ota_0, whose security version is 0.
class FuseTest : public UpdateTest {
 protected:
  FuseTest() {
    config_.boot.security_fuse = &fuse_;
    make_device();
  }
  void update_to(const std::string& version, const std::string& behaviour, uint64_t sequence,
                 uint32_t security_version) {
    make_device();
    ASSERT_EQ(outcome_of(versioned_release(version, behaviour, sequence, security_version)).phase,
              Phase::confirmed)
        << log_;
  }
  // What happens from here on is what the log tells.
  void restart_for(uint64_t for_ms) {
    log_.clear();
    make_device();
    rest(for_ms);
  }
  void command_rollback() {
    server_.faults.statement = [](std::string& statement) {
      statement.replace(statement.find("\"command\":null"), 14, "\"command\":\"rollback\"");
    };
  }
  bool reported(const std::string& text) const {
    return std::any_of(server_.reports.begin(), server_.reports.end(),
                       [&](const std::string& r) { return r.find(text) != std::string::npos; });
  }
  // Overwrites otadata so that both entries are valid and `slot` is the one to boot.
  void point_otadata_at(uint8_t slot) {
    const PartitionTable table = load_partition_table(flash_).value;
    const Partition& rows = *table.find(kTypeData, kSubtypeDataOta);
    FlashPartition otadata(flash_, rows.offset, rows.size_bytes);
    for (uint32_t i = 0; i < 2; ++i) {
      uint8_t entry[kOtadataEntrySize];
      write_otadata_entry(slot + 1 + 2 * (1 + i), OtaState::valid, true, entry);
      ASSERT_EQ(otadata.erase(i * kSectorSize, kSectorSize), Error::ok);
      ASSERT_EQ(otadata.program(i * kSectorSize, entry), Error::ok);
    }
  }

  SecurityFuse fuse_{0, kFuseBits};
};

TEST_F(FuseTest, AConfirmedReleaseIsBurnedAtTheBootAfterIt) {
  update_to("1.0.1", "healthy", 1, 3);
  EXPECT_EQ(fuse_.version, 0u) << "it has not booted as a valid image yet";
  restart_for(kHour);
  EXPECT_EQ(fuse_.version, 3u);
  EXPECT_TRUE(logged("eFuse: security version 3 burned")) << log_;
  EXPECT_EQ(device_->running_version(), "1.0.1");
}

TEST_F(FuseTest, ATrialThatFailsBurnsNothing) {
  uint64_t sequence = 0;
  for (const char* behaviour : {"crash", "selftest-fail", "hang"}) {
    make_device();
    EXPECT_EQ(outcome_of(versioned_release("1.0.1", behaviour, ++sequence, 3)).phase,
              Phase::rolled_back);
    restart_for(kHour);
    EXPECT_EQ(fuse_.version, 0u) << behaviour;
    EXPECT_EQ(device_->running_version(), "1.0.0") << behaviour;
  }
}

TEST_F(FuseTest, TheImageBelowIsNotBootedWhateverOtadataSays) {
  update_to("1.0.1", "healthy", 1, 1);
  restart_for(kHour);
  point_otadata_at(0);
  restart_for(kHour);
  EXPECT_EQ(device_->running_index(), 1) << log_;
  EXPECT_FALSE(logged("thermostat 1.0.0 starts")) << log_;
  EXPECT_TRUE(logged("otadata does not lead to the running image; repaired")) << log_;
  update_to("1.0.2", "healthy", 2, 1);
  EXPECT_EQ(device_->running_index(), 0);
}

TEST_F(FuseTest, TheRollbackCommandIsRefusedAndTheBoardStays) {
  update_to("1.0.1", "healthy", 1, 1);
  command_rollback();
  restart_for(kDay);
  EXPECT_EQ(fuse_.version, 1u);
  EXPECT_EQ(device_->running_index(), 1);
  EXPECT_TRUE(logged("No rollback: below_floor")) << log_;
  EXPECT_TRUE(reported("\"error\":\"below_floor\""));
  EXPECT_FALSE(reported("\"phase\":\"rolled_back\""));
  EXPECT_FALSE(logged("thermostat 1.0.0 starts")) << log_;
}

// The journal is lost with its own floor: the eFuse alone still says no.
TEST_F(FuseTest, WithoutAJournalTheFuseStillRefusesReleaseAndRollback) {
  update_to("1.0.1", "healthy", 1, 2);
  restart_for(kHour);
  const PartitionTable table = load_partition_table(flash_).value;
  const Partition& journal = *table.find(kTypeData, kSubtypeOtterJournal);
  ASSERT_EQ(flash_.erase(journal.offset, journal.size_bytes), Error::ok);
  make_device();
  const Delivered told = outcome_of(versioned_release("1.0.2", "healthy", 2, 1));
  EXPECT_EQ(told.phase, Phase::refused);
  EXPECT_EQ(told.error, Error::below_floor);
  command_rollback();
  restart_for(kDay);
  EXPECT_EQ(device_->running_version(), "1.0.1");
  EXPECT_TRUE(logged("No rollback: below_floor")) << log_;
}

TEST_F(FuseTest, AnImageThatKeepsCrashingAboveTheOtherEndsInSafeModeAndIsRescued) {
  update_to("1.0.1", "wear-out", 1, 1);
  restart_for(kHour);
  EXPECT_EQ(fuse_.version, 1u);
  EXPECT_EQ(device_->running_index(), 1) << log_;
  EXPECT_TRUE(device_->in_safe_mode()) << log_;
  EXPECT_EQ(outcome_of(versioned_release("1.0.2", "healthy", 2, 1)).phase, Phase::confirmed);
  EXPECT_EQ(device_->running_version(), "1.0.2");
}

TEST_F(FuseTest, BetweenImagesOfOneVersionTheWayBackStaysOpen) {
  update_to("1.0.1", "healthy", 1, 1);
  update_to("1.0.2", "healthy", 2, 1);
  EXPECT_EQ(fuse_.version, 1u);
  command_rollback();
  restart_for(kHour);
  EXPECT_EQ(device_->running_version(), "1.0.1") << log_;
}

// Signed by mistake: its manifest promises more than the image's description.
TEST_F(FuseTest, AnImageBelowItsManifestNeverRuns) {
  update_to("1.0.1", "healthy", 1, 1);
  ServedRelease release = versioned_release("1.0.2", "healthy", 2, 0);
  ImageReport report = inspect_image(release.image);
  report.secure_version = 1;
  ManifestOptions options;
  options.product = kProduct;
  options.sequence = release.sequence;
  options.version = release.version;
  options.created_s = 1;
  release.envelope = sign_manifest(build_manifest(report, release.image, options), release_key());
  make_device();
  EXPECT_NE(outcome_of(release).phase, Phase::confirmed) << log_;
  EXPECT_FALSE(logged("thermostat 1.0.2 starts")) << log_;
  EXPECT_EQ(device_->running_version(), "1.0.1");
  update_to("1.0.3", "healthy", 3, 1);
}

// At every flash operation of an update that raises the security version.
class FuseCutTest : public FuseTest, public testing::WithParamInterface<FlashDecision> {
 protected:
  // False if the update was over before the operation came.
  bool run_with_cut(uint64_t operation, const ServedRelease& release) {
    fuse_ = SecurityFuse{0, kFuseBits};
    return update_with_cut(factory_, release, operation, GetParam());
  }

  const std::vector<uint8_t> factory_ = versioned_image("1.0.0", "healthy", 0);
};

TEST_P(FuseCutTest, NothingIsBurnedForAnUnconfirmedImageAndTheUpdateArrives) {
  const ServedRelease release = versioned_release("1.0.1", "healthy", 1, 1);
  uint64_t operation = 0;
  for (; run_with_cut(operation, release); ++operation) {
    ASSERT_EQ(fuse_.version, 0u) << "operation " << operation << "\n" << log_;
    device_->power_on();
    rest(kHour);
    ASSERT_EQ(device_->running_index(), 1) << "operation " << operation << "\n" << log_;
    restart_for(kHour);
    ASSERT_EQ(device_->running_index(), 1) << "operation " << operation << "\n" << log_;
    ASSERT_EQ(fuse_.version, 1u) << "operation " << operation;
  }
  EXPECT_GT(operation, 350u);
}

INSTANTIATE_TEST_SUITE_P(EachWay, FuseCutTest,
                         testing::Values(FlashDecision{PowerCut::torn, 13},
                                         FlashDecision{PowerCut::after, 0}));

}  // namespace
}  // namespace otter::sim
