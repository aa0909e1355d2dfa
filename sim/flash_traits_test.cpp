#include "sim/flash_traits.h"

#include <gtest/gtest.h>

#include <set>

#include "sim/cut_plan.h"
#include "sim/nor_flash.h"

namespace otter::sim {
namespace {

using Vector = std::vector<uint8_t>;

Vector bytes_at(const NorFlash& flash, uint32_t offset, size_t size) {
  Vector out(size);
  EXPECT_EQ(flash.read(offset, out), Error::ok);
  return out;
}

NorFlash chip(const FlashTraits& traits) {
  NorFlash flash(4 * kMebibyte);
  flash.set_traits(traits);
  return flash;
}

// A chip whose first block held zeros until its erase was cut.
NorFlash torn_chip(uint64_t seed, uint32_t torn_bytes = 0) {
  FlashTraits traits;
  traits.has_unstable_erase = true;
  traits.seed = seed;
  NorFlash flash = chip(traits);
  EXPECT_EQ(flash.program(0, Vector(kEraseBlockSize, 0)), Error::ok);
  CutAtOperation cut(flash.operation_count(), {PowerCut::torn, torn_bytes});
  flash.set_fault(&cut);
  EXPECT_EQ(flash.erase(0, kEraseBlockSize), Error::flash_io);
  flash.set_fault(nullptr);
  flash.restore_power();
  return flash;
}

std::set<std::string> readings(const NorFlash& flash, uint32_t offset, size_t size) {
  std::set<std::string> out;
  for (int i = 0; i < 20; ++i) {
    const Vector bytes = bytes_at(flash, offset, size);
    out.emplace(bytes.begin(), bytes.end());
  }
  return out;
}

TEST(StuckCell, ReadsTheSameWhateverIsDone) {
  FlashTraits traits;
  traits.stuck_bits = {{2, 0, false}, {3, 7, true}};
  NorFlash flash = chip(traits);
  EXPECT_EQ(bytes_at(flash, 0, 5), (Vector{0xFF, 0xFF, 0xFE, 0xFF, 0xFF}));
  EXPECT_EQ(flash.program(0, Vector(5, 0)), Error::ok);
  EXPECT_EQ(bytes_at(flash, 0, 5), (Vector{0, 0, 0, 0x80, 0}));
  EXPECT_EQ(flash.erase(0, kSectorSize), Error::ok);
  EXPECT_EQ(bytes_at(flash, 2, 2), (Vector{0xFE, 0xFF}));
  EXPECT_EQ(bytes_at(flash.fork(), 2, 2), (Vector{0xFE, 0xFF}));
  FlashPartition partition(flash, 0, kSectorSize);
  EXPECT_FALSE(partition.is_erased(0, kSectorSize).value);
  EXPECT_TRUE(partition.is_erased(16, 16).value);
}

TEST(UnstableCell, ReadsDifferentlyFromOneTimeToTheNext) {
  NorFlash flash = torn_chip(1);
  EXPECT_GT(readings(flash, 0, kSectorSize).size(), 10u);
  EXPECT_GT(readings(flash, kEraseBlockSize - kSectorSize, kSectorSize).size(), 10u)
      << "all of the block";
  EXPECT_EQ(readings(flash, kEraseBlockSize, kSectorSize).size(), 1u) << "and nothing else";
  EXPECT_EQ(torn_chip(1).hash(), torn_chip(1).hash()) << "the seed says how";
  EXPECT_NE(torn_chip(1).hash(), torn_chip(2).hash());
}

TEST(UnstableCell, IsFirmOnceItsSectorIsErased) {
  NorFlash flash = torn_chip(1, 100);
  EXPECT_EQ(flash.erase(0, kSectorSize), Error::ok);
  EXPECT_EQ(readings(flash, 0, kSectorSize),
            std::set<std::string>{std::string(kSectorSize, '\xFF')});
  EXPECT_GT(readings(flash, kSectorSize, kSectorSize).size(), 10u) << "its neighbour is not";
}

TEST(UnstableCell, IsFirmOnceItIsProgrammed) {
  NorFlash flash = torn_chip(1);
  EXPECT_EQ(flash.program(100, Vector(50, 0)), Error::ok);
  EXPECT_EQ(readings(flash, 100, 50), std::set<std::string>{std::string(50, '\0')});
}

TEST(UnstableCell, IsLeftByAnEraseAlone) {
  FlashTraits traits;
  traits.has_unstable_erase = true;
  NorFlash flash = chip(traits);
  CutAtOperation cut(0, {PowerCut::torn, 100});
  flash.set_fault(&cut);
  EXPECT_EQ(flash.program(0, Vector(kPageSize, 0)), Error::flash_io);
  flash.restore_power();
  EXPECT_EQ(readings(flash, 0, kPageSize).size(), 1u);
}

TEST(UnstableCell, IsOneOfFewOrOneOfMany) {
  size_t fewest = SIZE_MAX;
  size_t most = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const size_t count = readings(torn_chip(seed), 0, 32).size();
    fewest = std::min(fewest, count);
    most = std::max(most, count);
  }
  EXPECT_LT(fewest, 5u);
  EXPECT_EQ(most, 20u);
}

// [ms] the longest of 20,000 operations, and the mean.
std::pair<uint64_t, double> longest_and_mean(FlashAction action, uint32_t size) {
  uint64_t longest_us = 0;
  uint64_t sum_us = 0;
  FlashOperation operation{0, action, 0, size};
  for (; operation.number < 20000; ++operation.number) {
    const uint64_t took_us = operation_us(operation, 1);
    longest_us = std::max(longest_us, took_us);
    sum_us += took_us;
  }
  return {longest_us / 1000, static_cast<double>(sum_us) / 20000 / 1000};
}

TEST(FlashTime, IsThatOfTheDatasheet) {
  const auto page = longest_and_mean(FlashAction::program, kPageSize);
  EXPECT_EQ(page.first, 3u);
  EXPECT_NEAR(page.second, 0.99 * 0.6 + 0.01 * 3, 0.01);
  const auto sector = longest_and_mean(FlashAction::erase, kSectorSize);
  EXPECT_EQ(sector.first, 400u);
  EXPECT_NEAR(sector.second, 0.99 * 45 + 0.01 * 400, 1);
  const auto block = longest_and_mean(FlashAction::erase, kEraseBlockSize);
  EXPECT_EQ(block.first, 2000u);
  EXPECT_NEAR(block.second, 0.99 * 150 + 0.01 * 2000, 4);
}

TEST(FlashTime, IsNoneUnlessItIsAskedFor) {
  NorFlash flash(4 * kMebibyte);
  EXPECT_EQ(flash.erase(0, kEraseBlockSize), Error::ok);
  EXPECT_EQ(flash.busy_us(), 0u);
  FlashTraits slow;
  slow.time_factor = 4;
  flash.set_traits(slow);
  EXPECT_EQ(flash.program(0, Vector(1, 0)), Error::ok);
  EXPECT_EQ(flash.busy_us(), 4u * 600);
}

TEST(BlockErase, IsOneOperationOfWhatLiesInTheRange) {
  NorFlash flash(4 * kMebibyte);
  EXPECT_EQ(flash.erase(kEraseBlockSize - kSectorSize, kEraseBlockSize + 2 * kSectorSize),
            Error::ok);
  EXPECT_EQ(flash.operation_count(), 3u);
  EXPECT_EQ(flash.erase_count(kEraseBlockSize / kSectorSize + 15), 1u);
  EXPECT_EQ(flash.erase(0, kEraseBlockSize - kSectorSize), Error::ok);
  EXPECT_EQ(flash.operation_count(), 18u);
}

TEST(BlockErase, IsTornAnywhere) {
  NorFlash flash(4 * kMebibyte);
  EXPECT_EQ(flash.program(0, Vector(kEraseBlockSize, 0)), Error::ok);
  CutAtOperation cut(flash.operation_count(), {PowerCut::torn, kSectorSize + 1});
  flash.set_fault(&cut);
  EXPECT_EQ(flash.erase(0, kEraseBlockSize), Error::flash_io);
  flash.restore_power();
  EXPECT_EQ(bytes_at(flash, 0, kSectorSize), Vector(kSectorSize, 0xFF));
  EXPECT_EQ(bytes_at(flash, kSectorSize, 3), (Vector{0xFF, 0, 0}));
}

TEST(FlashTraitsText, IsWhatTheOptionsTake) {
  Trouble trouble;
  trouble.flash.stuck_bits = {{0x60010, 3, false}, {7, 7, true}};
  trouble.flash.has_unstable_erase = true;
  trouble.flash.time_factor = 4;
  trouble.cuts = {{5, TearKind::after}};
  EXPECT_EQ(text_of(trouble),
            " --flash-time 4 --stuck-bit 0x60010:3:0 --stuck-bit 0x7:7:1 --unstable-erase"
            " --cut 5:after");
}

TEST(StuckBitText, IsReadAsItIsWritten) {
  for (const char* text : {"0x60010:3:0", "0x0:7:1"})
    EXPECT_EQ(text_of(*parse_stuck_bit(text)), text);
  EXPECT_EQ(parse_stuck_bit("4096:0:1")->offset, 4096u);
  for (const char* text : {"", "1", "1:2", "1:8:0", "1:2:2", "x:1:1", "0x:1:1", "1:1:1:1", "-1:1:1",
                           "0x100000000:1:1", "1:1:"}) {
    EXPECT_FALSE(parse_stuck_bit(text)) << text;
  }
}

}  // namespace
}  // namespace otter::sim
