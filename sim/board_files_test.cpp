#include "sim/board_files.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "publish/host_crypto.h"
#include "publish/partition_csv.h"
#include "publish/temporary_folder.h"
#include "sim/bootloader.h"
#include "sim/sample_image.h"
#include "sim/sim_error.h"

namespace otter::sim {
namespace {

const BoardSpec kSpec{{kSampleChip, 3}, 4 * kMebibyte};

template <typename F>
std::string message_of(F&& action) {
  try {
    action();
  } catch (const SimError& error) {
    return error.what();
  }
  return "";
}

PartitionTable parse(uint32_t flash_size) {
  PartitionTable table;
  size_t at = 0;
  const std::vector<uint8_t> raw = write_partition_table(default_partitions(flash_size));
  EXPECT_EQ(parse_partition_table(raw, flash_size, &table, &at), Error::ok) << "at " << at;
  return table;
}

BootResult boot_file(const std::string& path) {
  NorFlash flash = NorFlash::open_file(path);
  HostCrypto crypto;
  return boot(flash, BootOptions{read_chip_facts(efuse_path(path)), true}, crypto);
}

class DefaultLayout : public testing::TestWithParam<uint32_t> {};

TEST_P(DefaultLayout, IsAValidTableWithTwoEqualSlots) {
  const PartitionTable table = parse(GetParam());
  EXPECT_EQ(table.ota_slot_count(), 2);
  EXPECT_TRUE(table.has_md5);
  EXPECT_NE(table.find(kTypeData, kSubtypeOtterJournal), nullptr);
  EXPECT_NE(table.find(kTypeData, kSubtypeDataOta), nullptr);
  const Partition* first = table.find(kTypeApp, kSubtypeOta0);
  const Partition* second = table.find(kTypeApp, kSubtypeOta0 + 1);
  EXPECT_EQ(first->size_bytes, second->size_bytes);
  EXPECT_GE(first->size_bytes, GetParam() / 2 - 0x20000);
}

INSTANTIATE_TEST_SUITE_P(Sizes, DefaultLayout,
                         testing::Values(4 * kMebibyte, 8 * kMebibyte, 16 * kMebibyte));

TEST(CreateBoard, MakesOneThatBoots) {
  const TemporaryFolder folder;
  create_board(folder.file("b.bin"), kSpec, sample_image());
  const BootResult result = boot_file(folder.file("b.bin"));
  ASSERT_TRUE(result.booted);
  EXPECT_EQ(result.booted->index, 0);
}

TEST(CreateBoard, WithoutFirmwareBootsNothing) {
  const TemporaryFolder folder;
  create_board(folder.file("b.bin"), kSpec, Bytes());
  EXPECT_FALSE(boot_file(folder.file("b.bin")).booted);
}

TEST(CreateBoard, RefusesAnExistingBoard) {
  const TemporaryFolder folder;
  create_board(folder.file("b.bin"), kSpec, Bytes());
  EXPECT_THAT(message_of([&] { create_board(folder.file("b.bin"), kSpec, Bytes()); }),
              testing::HasSubstr("File exists"));
}

TEST(CreateBoard, RefusesFirmwareLargerThanTheSlotAndLeavesNothing) {
  const TemporaryFolder folder;
  const std::vector<uint8_t> large(2 * kMebibyte, 0);
  EXPECT_EQ(message_of([&] { create_board(folder.file("b.bin"), kSpec, large); }),
            "firmware of 2097152 bytes: ota_0 has 1966080; choose a larger flash");
  EXPECT_FALSE(std::filesystem::exists(folder.file("b.bin")));
}

TEST(CreateBoard, RefusesAnUnknownChipAndAnOddFlash) {
  const TemporaryFolder folder;
  EXPECT_THROW(create_board(folder.file("b"), {{0x1234, 0}, 4 * kMebibyte}, Bytes()), SimError);
  EXPECT_THROW(create_board(folder.file("b"), {{kSampleChip, 0}, 5 * kMebibyte}, Bytes()),
               SimError);
}

TEST(ChipFacts, SurviveTheirFile) {
  const TemporaryFolder folder;
  write_chip_facts(folder.file("b.efuse"), {kSampleChip, 104});
  const ChipFacts facts = read_chip_facts(folder.file("b.efuse"));
  EXPECT_EQ(facts.chip, kSampleChip);
  EXPECT_EQ(facts.revision, 104);
}

TEST(ChipFacts, RefuseADamagedFile) {
  const TemporaryFolder folder;
  for (const char* text : {"", "chip esp99\nrevision 0\n", "chip esp32c3\nrevision -1\n",
                           "chip esp32c3\nrevision 65536\n", "chip esp32c3\n"}) {
    std::ofstream(folder.file("b.efuse")) << text;
    EXPECT_THROW(read_chip_facts(folder.file("b.efuse")), SimError) << text;
  }
}

}  // namespace
}  // namespace otter::sim
