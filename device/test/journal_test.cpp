#include "ota/journal.h"

#include <gtest/gtest.h>

#include <random>
#include <tuple>

#include "device/test/memory_flash.h"
#include "ota/crc32.h"

namespace otter {
namespace {

JournalState state_with(uint64_t sequence) {
  JournalState state;
  state.sequence_floor = sequence;
  state.update.stage = UpdateStage::downloading;
  state.update.manifest.bytes[0] = static_cast<uint8_t>(sequence);
  memcpy(state.update.version, "1.0.1", 5);
  state.outcome.phase = Phase::rolled_back;
  state.outcome.error = Error::crashed;
  return state;
}

class JournalTest : public testing::Test {
 protected:
  void save(uint64_t sequence) { ASSERT_EQ(journal_.save(state_with(sequence)), Error::ok); }
  JournalState reopened() {
    Journal journal(flash_);
    EXPECT_EQ(journal.open(), Error::ok);
    return journal.state();
  }

  MemoryFlash flash_{2 * kSectorSize};
  Journal journal_{flash_};
};

TEST_F(JournalTest, IsEmptyOnErasedFlash) {
  EXPECT_EQ(reopened().sequence_floor, 0u);
  EXPECT_EQ(reopened().update.stage, UpdateStage::none);
}

TEST_F(JournalTest, KeepsEveryField) {
  ASSERT_EQ(journal_.open(), Error::ok);
  JournalState state = state_with(7);
  state.security_floor = 3;
  state.confirmed_image.bytes[31] = 9;
  state.update.slot = 1;
  state.update.attempts = 2;
  state.update.boots = 4;
  state.update.image_size_bytes = 123456;
  state.update.sequence = uint64_t{1} << 40;
  state.outcome.report_id[15] = 5;
  state.add_failed(state.update.manifest);
  state.patch_failed[15] = 6;
  state.patch_error = Error::wrong_base;
  state.update.way = UpdateWay::patch;
  state.outcome.way = UpdateWay::compressed;
  ASSERT_EQ(journal_.save(state), Error::ok);
  const JournalState read = reopened();
  EXPECT_EQ(read.patch_failed[15], 6);
  EXPECT_EQ(read.patch_error, Error::wrong_base);
  EXPECT_EQ(read.update.way, UpdateWay::patch);
  EXPECT_EQ(read.outcome.way, UpdateWay::compressed);
  EXPECT_EQ(read.security_floor, 3u);
  EXPECT_EQ(read.confirmed_image, state.confirmed_image);
  EXPECT_EQ(read.update.stage, UpdateStage::downloading);
  EXPECT_EQ(Text(read.update.version), Text("1.0.1"));
  EXPECT_EQ(read.update.slot, 1);
  EXPECT_EQ(read.update.attempts, 2);
  EXPECT_EQ(read.update.boots, 4);
  EXPECT_EQ(read.update.image_size_bytes, 123456u);
  EXPECT_EQ(read.update.sequence, uint64_t{1} << 40);
  EXPECT_EQ(read.outcome.phase, Phase::rolled_back);
  EXPECT_EQ(read.outcome.error, Error::crashed);
  EXPECT_EQ(read.outcome.report_id[15], 5);
  EXPECT_TRUE(read.has_failed(state.update.manifest));
}

// A library from before patches has written 20 bytes less.
TEST_F(JournalTest, ReadsWhatALibraryFromBeforePatchesHasWritten) {
  constexpr size_t kRecord = 16;  // [bytes] where the first one begins
  ASSERT_EQ(journal_.open(), Error::ok);
  save(7);
  uint8_t* record = flash_.bytes.data() + kRecord;
  const uint16_t payload_size = load_le16(record + 2);
  const size_t size_before = (payload_size + 8u + 15u) / 16u * 16u;
  const uint16_t old_size = static_cast<uint16_t>(payload_size - 21);
  const size_t old_record = (old_size + 8u + 15u) / 16u * 16u;
  store_le16(record + 2, old_size);
  memset(record + 4 + old_size, 0xFF, size_before - 4 - old_size);
  store_le32(record + old_record - 4, crc32(0, Bytes(record, old_record - 4)));
  EXPECT_EQ(reopened().sequence_floor, 7u);
  EXPECT_EQ(reopened().outcome.way, UpdateWay::full);
  EXPECT_FALSE(reopened().has_patch_failed(state_with(7).update.manifest));
}

TEST_F(JournalTest, KeepsThatTheBootloaderHasNoRollback) {
  ASSERT_EQ(journal_.open(), Error::ok);
  JournalState state = state_with(7);
  EXPECT_FALSE(state.has_no_rollback);
  state.has_no_rollback = true;
  ASSERT_EQ(journal_.save(state), Error::ok);
  EXPECT_TRUE(reopened().has_no_rollback);
}

TEST_F(JournalTest, TakesProgressOnTopOfTheSnapshot) {
  ASSERT_EQ(journal_.open(), Error::ok);
  save(1);
  ASSERT_EQ(journal_.save_progress(65536), Error::ok);
  ASSERT_EQ(journal_.save_progress(131072), Error::ok);
  EXPECT_EQ(reopened().update.verified_bytes, 131072u);
  EXPECT_EQ(reopened().sequence_floor, 1u);
}

TEST_F(JournalTest, GoesOnInTheOtherSectorWhenOneIsFull) {
  ASSERT_EQ(journal_.open(), Error::ok);
  for (uint64_t i = 1; i <= 100; ++i) {
    save(i);
    ASSERT_EQ(reopened().sequence_floor, i);
  }
  EXPECT_GT(flash_.erases, 5);
}

TEST_F(JournalTest, A4MiBUpdateCostsAtMostTwoErases) {
  ASSERT_EQ(journal_.open(), Error::ok);
  save(1);
  const int before = flash_.erases;
  for (uint32_t block = 1; block <= 64; ++block) {
    ASSERT_EQ(journal_.save_progress(block * 65536), Error::ok);
  }
  for (uint64_t i = 2; i <= 6; ++i) save(i);
  EXPECT_LE(flash_.erases - before, 2);
}

TEST_F(JournalTest, IgnoresATornRecordAndWritesNothingBehindIt) {
  ASSERT_EQ(journal_.open(), Error::ok);
  save(1);
  flash_.cut_at(0, 40);
  EXPECT_EQ(journal_.save(state_with(2)), Error::flash_io);
  flash_.power_on();
  EXPECT_EQ(reopened().sequence_floor, 1u);
  const std::vector<uint8_t> torn(flash_.bytes.begin(), flash_.bytes.begin() + kSectorSize);
  Journal journal(flash_);
  ASSERT_EQ(journal.open(), Error::ok);
  ASSERT_EQ(journal.save(state_with(3)), Error::ok);
  EXPECT_EQ(reopened().sequence_floor, 3u);
  EXPECT_TRUE(std::equal(torn.begin(), torn.end(), flash_.bytes.begin()));
}

// Every operation of 60 saves, cut at each of some byte counts: the old or the new state.
TEST_F(JournalTest, HoldsTheOldOrTheNewStateAfterACutAtAnyOperation) {
  for (const size_t torn : {0u, 1u, 4u, 8u, 12u, 16u, 100u, 300u, 4095u, 4096u}) {
    for (int cut = 0; cut < 75; ++cut) {
      MemoryFlash flash(2 * kSectorSize);
      Journal journal(flash);
      ASSERT_EQ(journal.open(), Error::ok);
      ASSERT_EQ(journal.save(state_with(1)), Error::ok);
      flash.cut_at(cut, torn);
      uint64_t last = 1;
      while (last < 60 && journal.save(state_with(last + 1)) == Error::ok) ++last;
      flash.power_on();
      Journal after(flash);
      ASSERT_EQ(after.open(), Error::ok);
      ASSERT_GE(after.state().sequence_floor, last) << "cut " << cut << " torn " << torn;
      ASSERT_LE(after.state().sequence_floor, last + 1) << "cut " << cut << " torn " << torn;
      ASSERT_EQ(after.save(state_with(99)), Error::ok);
    }
  }
}

TEST_F(JournalTest, SurvivesAnyByteOfItBeingWrong) {
  ASSERT_EQ(journal_.open(), Error::ok);
  save(1);
  save(2);
  for (size_t at = 0; at < 1200; ++at) {
    MemoryFlash damaged = flash_;
    damaged.bytes[at] ^= 0x55;
    Journal journal(damaged);
    ASSERT_EQ(journal.open(), Error::ok);
    ASSERT_LE(journal.state().sequence_floor, 2u);
    ASSERT_EQ(journal.save(state_with(5)), Error::ok);
    Journal again(damaged);
    ASSERT_EQ(again.open(), Error::ok);
    ASSERT_EQ(again.state().sequence_floor, 5u) << at;
  }
}

TEST_F(JournalTest, CountsNoSectorWhoseHeaderDoesNotAddUp) {
  ASSERT_EQ(journal_.open(), Error::ok);
  for (uint64_t i = 1; i <= 12; ++i) save(i);
  ASSERT_EQ(flash_.erases, 2) << "both sectors are in use";
  const size_t generation_at = 4;
  const uint32_t stale =
      flash_.bytes[generation_at] < flash_.bytes[kSectorSize + generation_at] ? 0 : kSectorSize;
  flash_.bytes[stale + generation_at + 2] = 0x70;  // newer than any
  EXPECT_EQ(reopened().sequence_floor, 12u);
}

TEST_F(JournalTest, TriesAFailedOperationOnceMore) {
  for (const size_t done : {0u, 40u}) {
    for (int index = 0; index < 30; ++index) {
      MemoryFlash flash(2 * kSectorSize);
      Journal journal(flash);
      ASSERT_EQ(journal.open(), Error::ok);
      flash.fail_at(index, 1, done);
      for (uint64_t i = 1; i <= 20; ++i) ASSERT_EQ(journal.save(state_with(i)), Error::ok) << index;
      Journal after(flash);
      ASSERT_EQ(after.open(), Error::ok);
      ASSERT_EQ(after.state().sequence_floor, 20u) << index << " " << done;
    }
  }
}

TEST_F(JournalTest, GoesOnInTheOtherSectorWhereACellIsStuck) {
  for (const uint32_t at : {600u, 1500u, 4000u, kSectorSize + 600, kSectorSize + 4000}) {
    for (const uint8_t bit : {uint8_t{1}, uint8_t{128}}) {
      MemoryFlash flash(2 * kSectorSize);
      flash.wear = [&] { flash.bytes[at] |= bit; };
      Journal journal(flash);
      ASSERT_EQ(journal.open(), Error::ok);
      for (uint64_t i = 1; i <= 40; ++i) {
        ASSERT_EQ(journal.save(state_with(i)), Error::ok) << at;
        Journal after(flash);
        ASSERT_EQ(after.open(), Error::ok);
        ASSERT_EQ(after.state().sequence_floor, i) << at;
      }
    }
  }
}

TEST_F(JournalTest, AppendsNothingToARecordThatFailed) {
  ASSERT_EQ(journal_.open(), Error::ok);
  save(1);
  flash_.fail_at(0, kWriteTriesMax, 40);
  EXPECT_EQ(journal_.save(state_with(2)), Error::flash_io);
  save(3);
  EXPECT_EQ(reopened().sequence_floor, 3u);
}

TEST(JournalState, FloorsNeverFallWithinAnEpoch) {
  JournalState state;
  PendingUpdate update;
  update.epoch = 1;
  update.sequence = 7;
  update.security_version = 3;
  state.raise_floors(update);
  update.sequence = 5;
  update.security_version = 2;
  state.raise_floors(update);
  EXPECT_EQ(state.sequence_floor, 7u);
  EXPECT_EQ(state.security_floor, 3u);
  update.epoch = 2;
  state.raise_floors(update);
  EXPECT_EQ(state.sequence_floor, 5u) << "a new epoch begins its sequences anew";
  EXPECT_EQ(state.security_floor, 3u);
  update.epoch = 1;
  update.sequence = 9;
  state.raise_floors(update);
  EXPECT_EQ(state.sequence_floor, 5u) << "an old epoch's count no more";
}

auto floors_of(const JournalState& state) {
  return std::make_tuple(state.epoch, state.sequence_floor, state.security_floor);
}

bool have_fallen(const JournalState& before, const JournalState& now) {
  const bool is_same_epoch = now.epoch == before.epoch;
  return now.epoch < before.epoch || now.security_floor < before.security_floor ||
         (is_same_epoch && now.sequence_floor < before.sequence_floor);
}

// Confirms whatever comes, and the power fails in one save of four, after any number of bytes of
// any of its operations.
void play_history(std::mt19937& random) {
  MemoryFlash flash(2 * kSectorSize);
  Journal journal(flash);
  ASSERT_EQ(journal.open(), Error::ok);
  for (int left = 1 + static_cast<int>(random() % 8); left > 0; --left) {
    const JournalState before = journal.state();
    JournalState state = before;
    PendingUpdate update;
    update.epoch = static_cast<uint32_t>(random() % 3);
    update.sequence = random() % 50;
    update.security_version = static_cast<uint32_t>(random() % 4);
    state.raise_floors(update);
    ASSERT_FALSE(have_fallen(before, state));
    const bool is_cut = random() % 4 == 0;
    if (is_cut) flash.cut_at(static_cast<int>(random() % 3), random() % 512);
    const Error saved = journal.save(state);
    flash.power_on();
    if (saved == Error::ok && !is_cut) continue;
    ASSERT_EQ(journal.open(), Error::ok);
    const auto now = floors_of(journal.state());
    ASSERT_TRUE(now == floors_of(before) || now == floors_of(state));
    ASSERT_TRUE(saved != Error::ok || now == floors_of(state));
  }
  const JournalState last = journal.state();
  ASSERT_EQ(journal.open(), Error::ok);
  ASSERT_EQ(floors_of(journal.state()), floors_of(last));
}

TEST(JournalState, FloorsNeverFallIn100000HistoriesWithPowerCuts) {
  std::mt19937 random(1);
  for (int history = 0; history < 100000; ++history) {
    play_history(random);
    ASSERT_FALSE(testing::Test::HasFatalFailure()) << history;
  }
}

TEST(JournalState, KeepsAFailureOnce) {
  JournalState state;
  Digest first;
  first.bytes[0] = 1;
  state.add_failed(first);
  Digest second;
  second.bytes[0] = 2;
  for (size_t i = 0; i < kFailedMax; ++i) state.add_failed(second);
  EXPECT_TRUE(state.has_failed(first));
}

TEST(JournalState, RemembersTheLastEightFailures) {
  JournalState state;
  Digest digest;
  for (uint8_t i = 1; i <= 9; ++i) {
    digest.bytes[0] = i;
    state.add_failed(digest);
  }
  EXPECT_TRUE(state.has_failed(digest));
  digest.bytes[0] = 2;
  EXPECT_TRUE(state.has_failed(digest));
  digest.bytes[0] = 1;
  EXPECT_FALSE(state.has_failed(digest));
}

}  // namespace
}  // namespace otter
