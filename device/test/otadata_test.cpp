#include "ota/otadata.h"

#include "device/test/printers.h"

namespace otter {
namespace {

constexpr uint32_t kEmpty = 0xFFFFFFFF;
constexpr OtaState kStates[] = {OtaState::fresh,
                                OtaState::pending_verify,
                                OtaState::valid,
                                OtaState::invalid,
                                OtaState::aborted,
                                OtaState::undefined,
                                static_cast<OtaState>(0x404)};

OtadataEntry entry(uint32_t sequence, OtaState state, bool crc_ok = true) {
  OtadataEntry result;
  result.sequence = sequence;
  result.state = state;
  result.crc = otadata_crc(sequence) ^ (crc_ok ? 0u : 1u);
  return result;
}

std::vector<OtadataEntry> all_entries() {
  std::vector<OtadataEntry> all;
  for (uint32_t sequence : {0u, 1u, 2u, 3u, 0xFFFFFFFEu, kEmpty}) {
    for (OtaState state : kStates) {
      all.push_back(entry(sequence, state, true));
      all.push_back(entry(sequence, state, false));
    }
  }
  return all;
}

TEST(Otadata, CrcAgreesWithTheBootloader) {
  EXPECT_EQ(otadata_crc(0), 0xFFFFFFFFu);
  EXPECT_EQ(otadata_crc(1), 0x4743989Au);
  EXPECT_EQ(otadata_crc(2), 0x55F63774u);
  EXPECT_EQ(otadata_crc(3), 0xED4A5011u);
  EXPECT_EQ(otadata_crc(4), 0x709D68A8u);
  EXPECT_EQ(otadata_crc(5), 0xC8210FCDu);
}

TEST(Otadata, ErasedEntryIsNotBootable) {
  const std::vector<uint8_t> erased(kOtadataEntrySize, 0xFF);
  const OtadataEntry read = parse_otadata_entry(erased);
  EXPECT_EQ(read.sequence, kEmpty);
  EXPECT_EQ(read.state, OtaState::undefined);
  EXPECT_FALSE(read.is_bootable());
}

TEST(Otadata, ShortEntryReadsAsErased) {
  const std::vector<uint8_t> zeros(kOtadataEntrySize - 1, 0);
  EXPECT_FALSE(parse_otadata_entry(zeros).is_bootable());
  EXPECT_EQ(parse_otadata_entry(Bytes()).sequence, kEmpty);
}

TEST(Otadata, SequenceZeroWithAnErasedCrcPassesAsInTheBootloader) {
  OtadataEntry zero;
  zero.sequence = 0;
  EXPECT_TRUE(zero.crc_ok());
  EXPECT_TRUE(zero.is_bootable());
  EXPECT_EQ(otadata_slot(0, 2), 1);
  EXPECT_EQ(otadata_slot(0, 3), 0);
}

// bootloader_common_ota_select_valid(), each combination of the three fields.
TEST(Otadata, BootableNeedsSequenceStateAndCrc) {
  for (uint32_t sequence : {0u, 1u, 2u, 0xFFFFFFFEu, kEmpty}) {
    for (OtaState state : kStates) {
      const bool expected =
          sequence != kEmpty && state != OtaState::invalid && state != OtaState::aborted;
      EXPECT_EQ(entry(sequence, state, true).is_bootable(), expected)
          << sequence << ' ' << string_of(name(state));
      EXPECT_FALSE(entry(sequence, state, false).is_bootable());
    }
  }
}

// bootloader_common_select_otadata(), each combination of two entries.
TEST(Otadata, ActiveIsTheLargerBootableSequenceAndTheFirstOnATie) {
  for (const OtadataEntry& first : all_entries()) {
    for (const OtadataEntry& second : all_entries()) {
      int expected = -1;
      if (second.is_bootable()) expected = 1;
      if (first.is_bootable() && (expected < 0 || first.sequence >= second.sequence)) expected = 0;
      EXPECT_EQ((Otadata{{first, second}}.active()), expected)
          << first.sequence << ' ' << second.sequence;
    }
  }
}

TEST(Otadata, DecisionRows) {
  const OtadataEntry good1 = entry(1, OtaState::valid);
  const OtadataEntry good2 = entry(2, OtaState::fresh);
  EXPECT_EQ((Otadata{{good1, good2}}.active()), 1);
  EXPECT_EQ((Otadata{{good2, good1}}.active()), 0);
  EXPECT_EQ((Otadata{{good1, good1}}.active()), 0);
  EXPECT_EQ((Otadata{{good1, entry(2, OtaState::aborted)}}.active()), 0);
  EXPECT_EQ((Otadata{{good1, entry(2, OtaState::fresh, false)}}.active()), 0);
  EXPECT_EQ((Otadata{{OtadataEntry(), good2}}.active()), 1);
  EXPECT_EQ((Otadata{{OtadataEntry(), OtadataEntry()}}.active()), -1);
  EXPECT_EQ((Otadata{{entry(9, OtaState::invalid), OtadataEntry()}}.active()), -1);
}

TEST(Otadata, SequenceNamesASlot) {
  EXPECT_EQ(otadata_slot(1, 2), 0);
  EXPECT_EQ(otadata_slot(2, 2), 1);
  EXPECT_EQ(otadata_slot(3, 2), 0);
  EXPECT_EQ(otadata_slot(16, 16), 15);
  EXPECT_EQ(otadata_slot(7, 1), 0);
}

TEST(Otadata, NextSequenceIsTheSmallestAboveThatNamesTheSlot) {
  for (uint8_t count = 1; count <= 16; ++count) {
    for (uint8_t slot = 0; slot < count; ++slot) {
      for (uint32_t above = 0; above < 70; ++above) {
        uint32_t expected = above + 1;
        while (otadata_slot(expected, count) != slot) ++expected;
        EXPECT_EQ(otadata_sequence(slot, count, above), expected);
      }
    }
  }
}

TEST(Otadata, EntryReadsBackAsWritten) {
  for (OtaState state : kStates) {
    uint8_t raw[kOtadataEntrySize];
    write_otadata_entry(0x01020304, state, true, raw);
    const OtadataEntry read = parse_otadata_entry(raw);
    EXPECT_EQ(read.sequence, 0x01020304u);
    EXPECT_EQ(read.state, state);
    EXPECT_TRUE(read.crc_ok());
    EXPECT_EQ(hex_of(Bytes(raw).part(4, 20)), std::string(40, 'f'));
  }
}

TEST(Otadata, EntryWithoutCrcIsNotBelieved) {
  for (uint32_t sequence = 1; sequence < 1000; ++sequence) {
    uint8_t raw[kOtadataEntrySize];
    write_otadata_entry(sequence, OtaState::fresh, false, raw);
    EXPECT_EQ(hex_of(Bytes(raw).part(28)), "ffffffff");
    EXPECT_FALSE(parse_otadata_entry(raw).is_bootable());
  }
}

TEST(Otadata, CrcCanFollowWithoutAnErase) {
  uint8_t without[kOtadataEntrySize];
  uint8_t with[kOtadataEntrySize];
  write_otadata_entry(7, OtaState::fresh, false, without);
  write_otadata_entry(7, OtaState::fresh, true, with);
  for (size_t i = 0; i < kOtadataEntrySize; ++i) EXPECT_EQ(without[i] & with[i], with[i]) << i;
}

TEST(OtaState, NamesAreTheirSpelling) {
  EXPECT_EQ(name(OtaState::fresh), Text("fresh"));
  EXPECT_EQ(name(OtaState::pending_verify), Text("pending_verify"));
  EXPECT_EQ(name(OtaState::valid), Text("valid"));
  EXPECT_EQ(name(OtaState::invalid), Text("invalid"));
  EXPECT_EQ(name(OtaState::aborted), Text("aborted"));
  EXPECT_EQ(name(OtaState::undefined), Text("undefined"));
  EXPECT_EQ(name(static_cast<OtaState>(5)), Text("unknown"));
}

}  // namespace
}  // namespace otter
