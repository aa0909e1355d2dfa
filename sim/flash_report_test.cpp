#include "sim/flash_report.h"

#include <gtest/gtest.h>

#include "publish/host_crypto.h"
#include "sim/board_files.h"
#include "sim/sample_image.h"

namespace otter::sim {
namespace {

FlashReport inspect(NorFlash& flash) {
  HostCrypto crypto;
  return inspect_flash(flash, crypto);
}

NorFlash fresh_board() {
  NorFlash flash(4 * kMebibyte);
  write_factory_state(flash, sample_image());
  return flash;
}

TEST(FlashReport, DescribesAFreshBoard) {
  NorFlash flash = fresh_board();
  const FlashReport report = inspect(flash);
  EXPECT_EQ(report.table_error, Error::ok);
  EXPECT_EQ(report.slot_count, 2);
  ASSERT_EQ(report.slots.size(), 2u);
  EXPECT_EQ(report.slots[0].error, Error::ok);
  EXPECT_EQ(report.slots[0].firmware.version, "1.0.0");
  EXPECT_TRUE(report.slots[1].is_erased);
  EXPECT_EQ(report.slots[1].error, Error::bad_magic);
  EXPECT_EQ(report.otadata->active(), -1);
  EXPECT_EQ(report.journal->sequence_floor, 0u);
}

TEST(FlashReport, HashesTheWholeImage) {
  NorFlash flash = fresh_board();
  HostCrypto crypto;
  EXPECT_EQ(inspect(flash).slots[0].sha256, sha256(crypto, sample_image()).value);
}

TEST(FlashReport, SaysWhyAnImageDoesNotBoot) {
  NorFlash flash = fresh_board();
  EXPECT_EQ(flash.erase(0x20000, kSectorSize), Error::ok);
  std::vector<uint8_t> damaged = sample_image();
  damaged[150] ^= 1;
  EXPECT_EQ(flash.program(0x20000, damaged), Error::ok);
  const FlashReport report = inspect(flash);
  EXPECT_EQ(report.slots[0].error, Error::bad_checksum);
  EXPECT_FALSE(report.slots[0].is_erased);
}

TEST(FlashReport, StopsAtATableThatIsNone) {
  NorFlash flash(4 * kMebibyte);
  const FlashReport report = inspect(flash);
  EXPECT_NE(report.table_error, Error::ok);
  EXPECT_TRUE(report.slots.empty());
  EXPECT_FALSE(report.otadata);
}

}  // namespace
}  // namespace otter::sim
