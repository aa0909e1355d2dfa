#include "ota/boot_control.h"

#include <gtest/gtest.h>

#include "device/test/memory_flash.h"

namespace otter {
namespace {

constexpr uint8_t kSlots = 2;

class BootControlTest : public testing::Test {
 protected:
  void put(int index, uint32_t sequence, OtaState state) {
    uint8_t raw[kOtadataEntrySize];
    write_otadata_entry(sequence, state, true, raw);
    memcpy(flash_.bytes.data() + index * static_cast<int>(kSectorSize), raw, sizeof(raw));
  }
  // The slot that the bootloader would start by otadata alone; -1: none.
  int booted() {
    const Result<Otadata> otadata = BootControl(flash_, kSlots).read();
    EXPECT_TRUE(otadata.ok());
    const int active = otadata.value.active();
    return active < 0 ? -1 : otadata_slot(otadata.value.entries[active].sequence, kSlots);
  }
  OtaState state_of(uint8_t slot) { return boot_.state_of(slot).value; }

  MemoryFlash flash_{2 * kSectorSize};
  BootControl boot_{flash_, kSlots};
};

TEST_F(BootControlTest, StagesTheOtherSlotAsFresh) {
  put(0, 1, OtaState::valid);
  ASSERT_EQ(boot_.stage(1), Error::ok);
  EXPECT_EQ(booted(), 1);
  EXPECT_EQ(state_of(1), OtaState::fresh);
}

TEST_F(BootControlTest, ConfirmsOnlyASlotOnTrial) {
  put(0, 1, OtaState::valid);
  EXPECT_EQ(boot_.confirm(0), Error::not_in_trial);
  put(1, 2, OtaState::pending_verify);
  EXPECT_EQ(boot_.confirm(0), Error::not_in_trial);
  EXPECT_EQ(boot_.confirm(1), Error::ok);
  EXPECT_EQ(state_of(1), OtaState::valid);
}

TEST_F(BootControlTest, RevertsToTheValidEntry) {
  put(0, 1, OtaState::valid);
  put(1, 2, OtaState::pending_verify);
  ASSERT_EQ(boot_.revert(0), Error::ok);
  EXPECT_EQ(booted(), 0);
  EXPECT_EQ(state_of(0), OtaState::valid);
}

TEST_F(BootControlTest, RevertsWithoutAnEntryForTheFallback) {
  put(0, 2, OtaState::pending_verify);
  ASSERT_EQ(boot_.revert(0), Error::ok);
  EXPECT_EQ(booted(), 0);
  EXPECT_EQ(state_of(0), OtaState::valid);
}

TEST_F(BootControlTest, FindsTheFallbackThatProvedItself) {
  const auto fallback = [this] { return BootControl::fallback_of(boot_.read().value, 1, kSlots); };
  EXPECT_EQ(fallback().error, Error::no_fallback);
  put(1, 2, OtaState::pending_verify);
  EXPECT_EQ(fallback().error, Error::no_fallback);
  put(0, 1, OtaState::fresh);
  EXPECT_EQ(fallback().error, Error::no_fallback) << "it never ran";
  put(0, 1, OtaState::valid);
  ASSERT_TRUE(fallback().ok());
  EXPECT_EQ(fallback().value, 0);
  put(0, 4, OtaState::valid);
  EXPECT_EQ(fallback().error, Error::no_fallback) << "both name slot 1";
}

// The bootloader erased the entry of the trial in slot 1, and could not write it anew.
TEST_F(BootControlTest, FindsTheFallbackThatIsFollowedAlready) {
  put(0, 1, OtaState::valid);
  const Result<uint8_t> fallback = BootControl::fallback_of(boot_.read().value, 1, kSlots);
  ASSERT_TRUE(fallback.ok());
  EXPECT_EQ(fallback.value, 0);
}

TEST_F(BootControlTest, FindsTheFallbackAmongThreeSlots) {
  put(0, 1, OtaState::valid);
  put(1, 2, OtaState::pending_verify);
  const Result<uint8_t> fallback = BootControl::fallback_of(boot_.read().value, 1, 3);
  ASSERT_TRUE(fallback.ok());
  EXPECT_EQ(fallback.value, 0) << "not the slot after the running one";
}

TEST_F(BootControlTest, ChoosesFactoryByErasingWhatNamesASlot) {
  EXPECT_EQ(boot_.choose_factory(), Error::ok);
  EXPECT_EQ(flash_.erases, 0);
  put(0, 1, OtaState::valid);
  put(1, 2, OtaState::aborted);
  EXPECT_EQ(boot_.choose_factory(), Error::ok);
  EXPECT_EQ(flash_.erases, 1);
  EXPECT_EQ(booted(), -1);
}

// `factory` runs because slot 0, which is followed, holds nothing; slot 1 must not take over.
TEST_F(BootControlTest, ChoosesFactoryThroughACutAtAnyOperation) {
  for (int cut = 0; cut < 2; ++cut) {
    flash_ = MemoryFlash(2 * kSectorSize);
    put(0, 3, OtaState::valid);
    put(1, 2, OtaState::valid);
    flash_.cut_at(cut, 0);
    EXPECT_EQ(boot_.choose_factory(), Error::flash_io);
    flash_.power_on();
    EXPECT_EQ(booted(), 0) << cut;
  }
}

// A cut at any operation of a stage leaves the old slot, or the new one on trial.
TEST_F(BootControlTest, StageSurvivesACutAtAnyOperationAndByte) {
  for (int cut = 0; cut < 3; ++cut) {
    for (size_t torn = 0; torn <= 32; ++torn) {
      flash_ = MemoryFlash(2 * kSectorSize);
      put(0, 3, OtaState::valid);
      put(1, 2, OtaState::aborted);
      flash_.cut_at(cut, torn);
      EXPECT_EQ(boot_.stage(1), Error::flash_io);
      flash_.power_on();
      const int slot = booted();
      ASSERT_TRUE(slot == 0 || state_of(1) == OtaState::fresh) << cut << " " << torn;
      ASSERT_NE(slot, -1);
    }
  }
}

// Every pair of entries that a life or an accident can leave: after a repair the running slot is
// the one that boots, wherever the power is cut in between.
TEST_F(BootControlTest, RepairMakesEveryStateSoundAndSurvivesCuts) {
  const OtaState states[] = {OtaState::fresh,   OtaState::pending_verify, OtaState::valid,
                             OtaState::invalid, OtaState::aborted,        OtaState::undefined};
  const uint32_t sequences[] = {0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0, 1, 2, 3, 4, 5};
  for (uint32_t first : sequences) {
    for (uint32_t second : sequences) {
      for (OtaState first_state : states) {
        for (OtaState second_state : states) {
          for (int cut = -1; cut < 4; ++cut) {
            flash_ = MemoryFlash(2 * kSectorSize);
            put(0, first, first_state);
            put(1, second, second_state);
            if (cut >= 0) flash_.cut_at(cut, 5);
            Error error = boot_.repair(1);
            flash_.power_on();
            if (error != Error::ok) error = boot_.repair(1);
            ASSERT_EQ(error, Error::ok);
            const Result<Otadata> otadata = boot_.read();
            ASSERT_TRUE(BootControl::is_sound(otadata.value, 1, kSlots))
                << first << " " << second << " " << static_cast<uint32_t>(first_state) << " "
                << static_cast<uint32_t>(second_state);
          }
        }
      }
    }
  }
}

// An entry without a CRC is no entry: whatever a bit of its front has become, nobody believes it.
TEST_F(BootControlTest, GivesNoCrcToAnEntryWhoseFrontDidNotStay) {
  put(0, 1, OtaState::valid);
  flash_.wear = [this] { flash_.bytes[kSectorSize + 24] |= 0x01; };  // fresh reads as pending
  EXPECT_EQ(boot_.stage(1), Error::flash_io);
  EXPECT_EQ(booted(), 0);
}

TEST_F(BootControlTest, ReadsTheWholeEntryBackOnceItIsThere) {
  put(0, 2, OtaState::pending_verify);
  flash_.wear = [this] {  // programming the CRC clears a bit of the state
    if (flash_.bytes[28] != 0xFF) flash_.bytes[24] &= 0xFD;
  };
  EXPECT_EQ(boot_.confirm(1), Error::flash_io);
}

TEST_F(BootControlTest, LooksWhetherAnEraseHappened) {
  put(0, 3, OtaState::valid);
  put(1, 2, OtaState::valid);
  flash_.wear = [this] { put(0, 3, OtaState::valid); };
  EXPECT_EQ(boot_.choose_factory(), Error::flash_io);
}

TEST_F(BootControlTest, TriesAFailedOperationOnceMore) {
  for (int index = 0; index < 3; ++index) {
    flash_ = MemoryFlash(2 * kSectorSize);
    put(0, 1, OtaState::valid);
    flash_.fail_at(index, 1, 3);
    EXPECT_EQ(boot_.stage(1), Error::ok) << index;
    EXPECT_EQ(state_of(1), OtaState::fresh);
  }
}

TEST_F(BootControlTest, IsSoundWhereTheRunningSlotHasOneEntryAndItIsTheOneThatIsFollowed) {
  const auto sound = [this] { return BootControl::is_sound(boot_.read().value, 1, kSlots); };
  EXPECT_FALSE(sound());
  put(0, 2, OtaState::pending_verify);
  EXPECT_FALSE(sound()) << "it is on trial";
  put(0, 2, OtaState::valid);
  EXPECT_TRUE(sound());
  put(1, 3, OtaState::valid);
  EXPECT_FALSE(sound()) << "slot 0 is followed";
  put(1, 1, OtaState::valid);
  EXPECT_TRUE(sound());
  put(0, 4, OtaState::valid);
  put(1, 2, OtaState::valid);
  EXPECT_FALSE(sound()) << "both name slot 1";
  put(0, 0xFFFFFFFE, OtaState::valid);
  put(1, 1, OtaState::valid);
  EXPECT_FALSE(sound()) << "no sequence is left above it";
}

// Otherwise a cut would leave `factory`, or whatever lies in the first slot.
TEST_F(BootControlTest, RepairNeverLeavesTheRunningSlotWithoutAnEntry) {
  for (int cut = 0; cut < 4; ++cut) {
    flash_ = MemoryFlash(2 * kSectorSize);
    put(0, 2, OtaState::undefined);
    flash_.cut_at(cut, 5);
    EXPECT_EQ(boot_.repair(1), Error::flash_io);
    flash_.power_on();
    EXPECT_EQ(booted(), 1) << cut;
  }
}

TEST_F(BootControlTest, SaysSoWhenFlashDoesNotKeepWhatWasWritten) {
  put(0, 1, OtaState::valid);
  flash_.cut_at(1, 10);
  EXPECT_EQ(boot_.stage(1), Error::flash_io);
}

}  // namespace
}  // namespace otter
