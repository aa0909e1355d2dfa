// What stands on flash while a board changes over to another image: the order of its writes, and
// otadata that has rotted meanwhile.
#include "sim/flash_watch.h"
#include "sim/update_fixture.h"

namespace otter::sim {
namespace {

class SwitchTest : public UpdateTest {
 protected:
  bool lies_in(const FlashOperation& operation, uint8_t subtype) const {
    const Partition& place = *table_.find(kTypeData, subtype);
    return operation.offset >= place.offset && operation.offset < place.offset + place.size_bytes;
  }
  UpdateStage stage_in_journal() const {
    NorFlash copy = flash_.fork();
    const Partition& place = *table_.find(kTypeData, kSubtypeOtterJournal);
    FlashPartition partition(copy, place.offset, place.size_bytes);
    Journal journal(partition);
    EXPECT_EQ(journal.open(), Error::ok);
    return journal.state().update.stage;
  }
  bool is_bootable(int slot) const {
    NorFlash copy = flash_.fork();
    const Partition& place = *table_.find(kTypeApp, static_cast<uint8_t>(kSubtypeOta0 + slot));
    FlashPartition partition(copy, place.offset, place.size_bytes);
    HostCrypto crypto;
    ImageInfo image;
    return check_bootable(partition, config_.boot, crypto, &image) == Error::ok;
  }
  // Clears the CRC of the entry that names `slot`.
  void damage_entry_of(uint8_t slot) {
    const Partition& place = *table_.find(kTypeData, kSubtypeDataOta);
    FlashPartition otadata(flash_, place.offset, place.size_bytes);
    for (uint32_t i = 0; i < 2; ++i) {
      const OtadataEntry entry = BootControl(otadata, 2).read().value.entries[i];
      if (!entry.is_bootable() || otadata_slot(entry.sequence, 2) != slot) continue;
      const uint8_t zeros[4] = {};
      ASSERT_EQ(otadata.program(i * kSectorSize + 28, zeros), Error::ok);
    }
  }
  // Runs 1.0.1 from slot 1, with 1.0.0 in slot 0, whose entry is the only one left.
  void run_with_damaged_otadata() {
    ASSERT_EQ(outcome_of(release_of("1.0.1", "healthy", 1)).phase, Phase::confirmed);
    rest(kHour);
    damage_entry_of(1);
  }

  const PartitionTable table_ = load_partition_table(flash_).value;
};

TEST_F(SwitchTest, TheJournalKnowsOfATrialBeforeOtadataDoes) {
  rest(kHour);
  size_t writes = 0;
  FlashWatch watch([&](const FlashOperation& operation) {
    if (!lies_in(operation, kSubtypeDataOta) || device_->running_index() != 0) return;
    ++writes;
    EXPECT_EQ(stage_in_journal(), UpdateStage::trial);
  });
  flash_.set_fault(&watch);
  EXPECT_EQ(outcome_of(release_of("1.0.1", "healthy")).phase, Phase::confirmed);
  EXPECT_EQ(writes, 3u) << "erase, entry, CRC";
}

TEST_F(SwitchTest, NothingElseIsBootableWhileOtadataIsRepaired) {
  run_with_damaged_otadata();
  size_t writes = 0;
  FlashWatch watch([&](const FlashOperation& operation) {
    if (!lies_in(operation, kSubtypeDataOta) || device_->running_index() != 1) return;
    if (stage_in_journal() != UpdateStage::downloading) return;
    ++writes;
    EXPECT_FALSE(is_bootable(0));
  });
  flash_.set_fault(&watch);
  server_.offer(release_of("1.0.2", "healthy", 2));
  rest(kHour);
  EXPECT_EQ(device_->running_index(), 0) << log_;
  EXPECT_EQ(writes, 4u) << "the running slot's entry anew, and the other's erased";
}

TEST_F(SwitchTest, ABadReleaseFindsItsWayBackThroughOtadataThatHadRotted) {
  run_with_damaged_otadata();
  server_.offer(release_of("1.0.2", "crash", 2));
  rest(kHour);
  EXPECT_TRUE(logged("Rolled back from 1.0.2")) << log_;
  EXPECT_EQ(device_->running_index(), 1);
}

TEST_F(SwitchTest, NothingElseIsBootableWhileOtadataIsRepairedAtTheStart) {
  ASSERT_EQ(outcome_of(release_of("1.0.1", "healthy", 1)).phase, Phase::confirmed);
  rest(kHour);
  damage_entry_of(0);
  damage_entry_of(1);  // so that the bootloader takes the first slot, and that is 1.0.0
  size_t writes = 0;
  FlashWatch watch([&](const FlashOperation& operation) {
    if (!lies_in(operation, kSubtypeDataOta)) return;
    ++writes;
    EXPECT_FALSE(is_bootable(1));
  });
  flash_.set_fault(&watch);
  make_device();
  rest(1000);
  EXPECT_GT(writes, 0u);
  EXPECT_TRUE(logged("otadata does not lead to the running image; repaired"));
}

// A trial that the power ends proves nothing, but not for ever.
class AttemptsTest : public UpdateTest {
 protected:
  size_t trials() const {
    size_t count = 0;
    for (size_t at = 0; (at = log_.find("Trial of version", at)) != std::string::npos; ++at)
      ++count;
    return count;
  }
  // Cuts the power in each trial, until the server is told of the update's end.
  Delivered cut_each_trial() {
    server_.offer(release_of("1.0.1", "healthy"));
    for (size_t seen = 0; seen < 20 && !device_->delivered();) {
      now_ms_ = std::max(now_ms_, device_->step(now_ms_));
      if (trials() == seen) continue;
      ++seen;
      device_->power_on();
    }
    return device_->delivered().value_or(Delivered());
  }
};

TEST_F(AttemptsTest, AreThree) {
  const Delivered outcome = cut_each_trial();
  EXPECT_EQ(outcome.phase, Phase::rolled_back) << log_;
  EXPECT_EQ(outcome.error, Error::trial_interrupted);
  EXPECT_EQ(trials(), 3u);
  EXPECT_EQ(device_->running_index(), 0);
}

TEST_F(AttemptsTest, HaveAnEndWithoutRollbackInTheBootloader) {
  config_.boot.rollback = false;
  make_device();
  const Delivered outcome = cut_each_trial();
  EXPECT_EQ(outcome.phase, Phase::rolled_back) << log_;
  EXPECT_EQ(outcome.error, Error::trial_interrupted);
  EXPECT_LE(trials(), 4u);
  EXPECT_EQ(device_->running_index(), 0);
}

}  // namespace
}  // namespace otter::sim
