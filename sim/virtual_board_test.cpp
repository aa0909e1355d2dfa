#include "sim/virtual_board.h"

#include <gtest/gtest.h>

#include "publish/host_crypto.h"
#include "publish/partition_csv.h"
#include "sim/sample_image.h"
#include "sim/sim_error.h"

namespace otter::sim {
namespace {

const BootFacts kFacts{{kSampleChip, 3}, 0, ResetReason::panic, {.rssi_dbm = -67}};

struct Fixture {
  NorFlash flash{4 * kMebibyte};
  std::vector<std::string> log;
  LogSink sink = [this](LogLevel, const std::string& line) { log.push_back(line); };
  Fixture() { write_factory_state(flash, sample_image()); }
};

TEST(VirtualBoard, OffersThePartitionsOfItsTable) {
  Fixture fixture;
  VirtualBoard board(fixture.flash, kFacts, fixture.sink);
  EXPECT_EQ(board.slot_count(), 2);
  EXPECT_EQ(board.slot(1).size_bytes(), 0x1E0000u);
  EXPECT_EQ(board.otadata().size_bytes(), 0x2000u);
  EXPECT_EQ(board.journal().size_bytes(), 0x8000u);
  std::vector<uint8_t> magic(1);
  EXPECT_EQ(board.slot(0).read(0, magic), Error::ok);
  EXPECT_EQ(magic[0], kImageMagic);
}

TEST(VirtualBoard, TellsItsChipAndWhyItStarted) {
  Fixture fixture;
  VirtualBoard board(fixture.flash, kFacts, fixture.sink);
  EXPECT_EQ(board.chip(), kSampleChip);
  EXPECT_EQ(board.chip_revision(), 3);
  EXPECT_EQ(board.running_slot(), 0);
  EXPECT_EQ(board.reset_reason(), ResetReason::panic);
  EXPECT_EQ(board.diagnostics().rssi_dbm, -67);
}

TEST(VirtualBoard, LayoutIsTheFrontOfTheTablesHash) {
  Fixture fixture;
  VirtualBoard board(fixture.flash, kFacts, fixture.sink);
  HostCrypto crypto;
  const Digest digest =
      sha256(crypto, write_partition_table(default_partitions(4 * kMebibyte))).value;
  EXPECT_TRUE(board.layout() == Bytes(digest.bytes).part(0, kLayoutSize));
}

TEST(VirtualBoard, RemembersThatItShouldRestart) {
  Fixture fixture;
  VirtualBoard board(fixture.flash, kFacts, fixture.sink);
  EXPECT_FALSE(board.wants_restart());
  board.restart();
  EXPECT_TRUE(board.wants_restart());
}

TEST(VirtualBoard, LogsToItsSinkAsTheChipDoes) {
  Fixture fixture;
  VirtualBoard board(fixture.flash, kFacts, fixture.sink);
  board.log(LogLevel::info, "a line");
  EXPECT_EQ(fixture.log, std::vector<std::string>{"[OTA] a line"});
}

TEST(VirtualBoard, NeedsAPartitionTable) {
  NorFlash erased(4 * kMebibyte);
  EXPECT_THROW(VirtualBoard(erased, kFacts, nullptr), SimError);
}

TEST(VirtualBoard, NeedsAJournal) {
  NorFlash flash(4 * kMebibyte);
  PartitionTable table = default_partitions(4 * kMebibyte);
  for (Partition& row : table.partitions) {
    if (row.subtype == kSubtypeOtterJournal) row.subtype = 0x50;
  }
  ASSERT_EQ(flash.program(kPartitionTableOffset, write_partition_table(table)), Error::ok);
  EXPECT_THROW(VirtualBoard(flash, kFacts, nullptr), SimError);
}

}  // namespace
}  // namespace otter::sim
