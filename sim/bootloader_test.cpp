#include "sim/bootloader.h"

#include <gmock/gmock.h>

#include <sstream>

#include "ota/otadata.h"
#include "publish/host_crypto.h"
#include "publish/partition_csv.h"
#include "sim/boot_page.h"
#include "sim/sample_image.h"

namespace otter::sim {
namespace {

constexpr uint32_t kOtadata = 0xE000;
constexpr uint32_t kSlotSize = 0x10000;

struct Row {
  std::string number, rollback, partitions, otadata[2], boots, after[2];
};

void PrintTo(const Row& row, std::ostream* out) { *out << "docs/boot.md, row " << row.number; }

std::vector<Row> read_rows() {
  std::vector<Row> rows;
  for (const BootPageRow& c : boot_page_rows("")) {
    rows.push_back(Row{c.at(0), c.at(1), c.at(2), {c.at(3), c.at(4)}, c.at(5), {c.at(6), c.at(7)}});
  }
  return rows;
}

uint8_t subtype_of(const std::string& partition) {
  if (partition == "factory") return kSubtypeFactory;
  if (partition == "test") return kSubtypeTest;
  return static_cast<uint8_t>(kSubtypeOta0 + std::stoi(partition.substr(4)));
}

Partition make_partition(uint8_t type, uint8_t subtype, uint32_t offset, uint32_t size) {
  Partition out;
  out.type = type;
  out.subtype = subtype;
  out.offset = offset;
  out.size_bytes = size;
  out.label[0] = 'p';
  return out;
}

// Writes a table with otadata and the app partitions of `names`, and an image into each.
void write_partitions(NorFlash& flash, const std::string& names) {
  PartitionTable table;
  table.partitions[table.count++] = make_partition(kTypeData, kSubtypeDataOta, kOtadata, 0x2000);
  std::istringstream in(names);
  uint32_t offset = 0x10000;
  for (std::string name; in >> name; offset += kSlotSize) {
    const bool damaged = name[0] == '!';
    table.partitions[table.count++] =
        make_partition(kTypeApp, subtype_of(name.substr(damaged ? 1 : 0)), offset, kSlotSize);
    std::vector<uint8_t> image = sample_image();
    if (damaged) image[100] ^= 1;
    ASSERT_EQ(flash.program(offset, image), Error::ok);
  }
  ASSERT_EQ(flash.program(kPartitionTableOffset, write_partition_table(table)), Error::ok);
}

std::vector<uint8_t> entry_bytes(const std::string& text) {
  if (text == "erased") return std::vector<uint8_t>(kOtadataEntrySize, 0xFF);
  std::istringstream in(text);
  uint32_t sequence = 0;
  std::string state, crc;
  in >> sequence >> state >> crc;
  OtaState value = static_cast<OtaState>(0x404);  // prints as "unknown"
  for (uint32_t number : {0u, 1u, 2u, 3u, 4u, 0xFFFFFFFFu}) {
    if (name(static_cast<OtaState>(number)) == Text(state)) value = static_cast<OtaState>(number);
  }
  uint8_t raw[kOtadataEntrySize];
  write_otadata_entry(sequence, value, true, raw);
  if (crc == "bad-crc") raw[28] ^= 1;
  return std::vector<uint8_t>(raw, raw + sizeof(raw));
}

std::vector<uint8_t> read_entry(NorFlash& flash, uint32_t index) {
  std::vector<uint8_t> raw(kOtadataEntrySize);
  EXPECT_EQ(flash.read(kOtadata + index * kSectorSize, raw), Error::ok);
  return raw;
}

void write_entries(NorFlash& flash, const std::string (&entries)[2]) {
  for (uint32_t i = 0; i < 2; ++i) {
    ASSERT_EQ(flash.program(kOtadata + i * kSectorSize, entry_bytes(entries[i])), Error::ok);
  }
}

std::string booted_name(const BootResult& result) {
  if (!result.booted) return "-";
  if (result.booted->index == kFactoryIndex) return "factory";
  if (result.booted->index == kTestIndex) return "test";
  return "ota_" + std::to_string(result.booted->index);
}

BootResult boot_sample(NorFlash& flash, bool rollback = true, uint16_t revision = 3) {
  HostCrypto crypto;
  return boot(flash, BootOptions{{kSampleChip, revision}, rollback}, crypto);
}

class BootTable : public testing::TestWithParam<Row> {};

TEST_P(BootTable, HoldsInTheModel) {
  const Row& row = GetParam();
  NorFlash flash(4 * kMebibyte);
  write_partitions(flash, row.partitions);
  write_entries(flash, row.otadata);
  const BootResult result = boot_sample(flash, row.rollback == "yes");
  EXPECT_EQ(booted_name(result), row.boots);
  EXPECT_EQ(read_entry(flash, 0), entry_bytes(row.after[0]));
  EXPECT_EQ(read_entry(flash, 1), entry_bytes(row.after[1]));
}

INSTANTIATE_TEST_SUITE_P(Row, BootTable, testing::ValuesIn(read_rows()),
                         [](const auto& row) { return row.param.number; });

TEST(BootPage, HasRows) { EXPECT_GE(read_rows().size(), 35u); }

struct BootBoard {
  NorFlash flash{4 * kMebibyte};
  explicit BootBoard(const std::string& partitions = "ota_0 ota_1") {
    write_partitions(flash, partitions);
  }
  void entries(const std::string& first, const std::string& second) {
    write_entries(flash, {first, second});
  }
};

TEST(Bootloader, RefusesATableWithAWrongMd5) {
  BootBoard board;
  constexpr uint32_t kLabelOffset = 12;
  const uint8_t other_label[] = {0};
  ASSERT_EQ(board.flash.program(kPartitionTableOffset + kLabelOffset, other_label), Error::ok);
  EXPECT_EQ(load_partition_table(board.flash).error, Error::bad_hash);
  EXPECT_EQ(booted_name(boot_sample(board.flash)), "-");
}

TEST(Bootloader, BootsNothingFromAnErasedChip) {
  NorFlash flash(4 * kMebibyte);
  EXPECT_EQ(booted_name(boot_sample(flash)), "-");
  EXPECT_EQ(load_partition_table(flash).error, Error::malformed);
}

TEST(Bootloader, TellsThatATrialBegins) {
  BootBoard board;
  board.entries("1 valid", "2 fresh");
  const BootResult result = boot_sample(board.flash);
  EXPECT_EQ(result.trial_slot, 1);
  EXPECT_THAT(result.aborted_slots, testing::IsEmpty());
}

TEST(Bootloader, TellsWhichTrialItAborted) {
  BootBoard board;
  board.entries("1 valid", "2 pending_verify");
  const BootResult result = boot_sample(board.flash);
  EXPECT_EQ(result.trial_slot, std::nullopt);
  EXPECT_THAT(result.aborted_slots, testing::ElementsAre(1));
}

TEST(Bootloader, AbortsASecondBootOfAnUnconfirmedImage) {
  BootBoard board;
  board.entries("1 valid", "2 fresh");
  EXPECT_EQ(booted_name(boot_sample(board.flash)), "ota_1");
  EXPECT_EQ(booted_name(boot_sample(board.flash)), "ota_0");
  EXPECT_EQ(booted_name(boot_sample(board.flash)), "ota_0");
}

TEST(Bootloader, WritesOtadataInTwoFlashOperations) {
  BootBoard board;
  board.entries("1 valid", "2 fresh");
  const uint64_t before = board.flash.operation_count();
  boot_sample(board.flash);
  EXPECT_EQ(board.flash.operation_count(), before + 2);
  boot_sample(board.flash);
  EXPECT_EQ(board.flash.operation_count(), before + 4);
}

TEST(Bootloader, BootsTheOldImageAfterACutBetweenErasingAndWriting) {
  BootBoard board;
  board.entries("1 valid", "2 fresh");
  CutAtOperation fault(board.flash.operation_count(), {PowerCut::after, 0});
  board.flash.set_fault(&fault);
  EXPECT_EQ(booted_name(boot_sample(board.flash)), "-") << "there is no power";
  board.flash.restore_power();
  EXPECT_EQ(booted_name(boot_sample(board.flash)), "ota_0");
}

std::string boots_with(const ImageRecipe& recipe, uint16_t revision) {
  BootBoard board("!ota_0 !ota_1");
  EXPECT_EQ(board.flash.erase(0x10000, kSlotSize), Error::ok);
  EXPECT_EQ(board.flash.program(0x10000, make_image(recipe)), Error::ok);
  return booted_name(boot_sample(board.flash, true, revision));
}

TEST(Bootloader, RefusesAnImageForAnotherChip) {
  ImageRecipe recipe = sample_recipe();
  recipe.chip = 0x0009;
  EXPECT_EQ(boots_with(recipe, 3), "-");
}

TEST(Bootloader, RefusesAnImageForAnotherRevision) {
  ImageRecipe recipe = sample_recipe();
  recipe.min_revision = 3;
  recipe.max_revision = 199;
  EXPECT_EQ(boots_with(recipe, 2), "-");
  EXPECT_EQ(boots_with(recipe, 3), "ota_0");
  EXPECT_EQ(boots_with(recipe, 199), "ota_0");
  EXPECT_EQ(boots_with(recipe, 200), "-");
}

TEST(Bootloader, SaysWhyAnImageIsNotBootable) {
  BootBoard board("!ota_0 ota_1");
  const BootResult result = boot_sample(board.flash);
  EXPECT_THAT(result.log, testing::Contains("boot: ota_0 at 0x10000 is not bootable: the checksum "
                                            "is wrong"));
  EXPECT_THAT(result.log, testing::Contains("boot: loaded ota_1 from 0x20000"));
}

}  // namespace
}  // namespace otter::sim
