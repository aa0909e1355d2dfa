#include "publish/partition_csv.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "ota/document_store.h"

namespace otter {
namespace {

constexpr uint32_t kFlashSize = 4 * 1024 * 1024;

// ESP-IDF's "Factory app, two OTA definitions", as its documentation prints it.
constexpr char kTwoOta[] =
    "# ESP-IDF Partition Table\n"
    "# Name,   Type, SubType,  Offset,   Size,  Flags\n"
    "nvs,      data, nvs,      0x9000,  0x4000,\n"
    "otadata,  data, ota,      0xd000,  0x2000,\n"
    "phy_init, data, phy,      0xf000,  0x1000,\n"
    "factory,  app,  factory,  0x10000,  1M,\n"
    "ota_0,    app,  ota_0,    ,         1M,\n"
    "ota_1,    app,  ota_1,    ,         1M,\n";

PartitionTable parse(const std::string& text) { return parse_partition_csv(text, kFlashSize); }

void expect_error(const std::string& text, size_t line, const char* part_of_reason) {
  try {
    parse(text);
    FAIL() << "accepted";
  } catch (const PartitionCsvError& error) {
    EXPECT_EQ(line, error.line) << error.what();
    EXPECT_NE(std::string::npos, std::string(error.what()).find(part_of_reason)) << error.what();
  }
}

void expect_unreadable(const std::vector<uint8_t>& raw, const char* part_of_reason) {
  try {
    read_partition_table(raw, kFlashSize);
    FAIL() << "accepted";
  } catch (const PartitionError& error) {
    EXPECT_NE(std::string::npos, std::string(error.what()).find(part_of_reason)) << error.what();
  }
}

PartitionTable parse_file(const std::string& path, uint32_t flash_size_bytes) {
  std::ifstream file(OTTER_SOURCE_DIR "/" + path);
  EXPECT_TRUE(file.is_open()) << path;
  return parse_partition_csv(std::string(std::istreambuf_iterator<char>(file), {}),
                             flash_size_bytes);
}

// What Otter asks of a table: two equal slots, otadata, a place for the journal and documents.
void expect_otter_table(const PartitionTable& table) {
  const Partition* journal = table.find(kTypeData, kSubtypeOtterJournal);
  const Partition* second = table.find(kTypeApp, kSubtypeOta0 + 1);
  ASSERT_EQ(2, table.ota_slot_count());
  ASSERT_NE(nullptr, journal);
  ASSERT_NE(nullptr, table.find(kTypeData, kSubtypeDataOta));
  EXPECT_STREQ("otter", journal->label);
  EXPECT_EQ(kStorageSize, journal->size_bytes);
  EXPECT_EQ(table.find(kTypeApp, kSubtypeOta0)->size_bytes, second->size_bytes);
}

TEST(PartitionCsv, ReadsTheTablesOfTheFirmware) {
  for (const uint32_t megabytes : {4, 8, 16}) {
    const std::string path = "firmware/partitions_" + std::to_string(megabytes) + "mb.csv";
    SCOPED_TRACE(path);
    const PartitionTable table = parse_file(path, megabytes << 20);
    expect_otter_table(table);
    // It is for this flash and no smaller one.
    EXPECT_THROW(parse_file(path, megabytes << 19), PartitionCsvError);
  }
}

TEST(PartitionCsv, ReadsTheTablesOfTheExamples) {
  for (const char* example : {"idf_minimal", "ArduinoMinimal", "qemu"}) {
    SCOPED_TRACE(example);
    const std::string path = std::string("device/examples/") + example + "/partitions.csv";
    expect_otter_table(parse_file(path, kFlashSize));
  }
}

TEST(PartitionCsv, ReadsTheTableOfTheDocumentation) {
  const PartitionTable table = parse(kTwoOta);
  ASSERT_EQ(6u, table.count);
  EXPECT_EQ(2, table.ota_slot_count());
  EXPECT_EQ(0x9000u, table.partitions[0].offset);
  EXPECT_EQ(0x110000u, table.partitions[4].offset);
  EXPECT_EQ(0x210000u, table.partitions[5].offset);
  EXPECT_EQ(0x100000u, table.partitions[5].size_bytes);
  EXPECT_STREQ("phy_init", table.partitions[2].label);
}

TEST(PartitionCsv, FillsBlankOffsetsAtTheNextAlignment) {
  const PartitionTable table = parse("nvs,data,nvs,,12K\na,app,ota_0,,64k\nb,data,0x4f,,0x1000");
  EXPECT_EQ(0x9000u, table.partitions[0].offset);
  EXPECT_EQ(0x10000u, table.partitions[1].offset);
  EXPECT_EQ(0x20000u, table.partitions[2].offset);
  EXPECT_EQ(kSubtypeOtterJournal, table.partitions[2].subtype);
}

TEST(PartitionCsv, TakesANegativeSizeAsTheEnd) {
  const PartitionTable table = parse("app,app,factory,0x10000,-2M\nfs,data,spiffs,,-0x400000");
  EXPECT_EQ(0x1F0000u, table.partitions[0].size_bytes);
  EXPECT_EQ(0x200000u, table.partitions[1].offset);
  EXPECT_EQ(0x200000u, table.partitions[1].size_bytes);
}

TEST(PartitionCsv, ReadsFlagsAndCustomTypes) {
  const PartitionTable table =
      parse("nvs,data,nvs,,12K,encrypted\r\nx,0x40,7,,4096,encrypted:readonly\r\n");
  EXPECT_TRUE(table.partitions[0].encrypted);
  EXPECT_FALSE(table.partitions[0].readonly);
  EXPECT_EQ(0x40, table.partitions[1].type);
  EXPECT_EQ(7, table.partitions[1].subtype);
  EXPECT_TRUE(table.partitions[1].readonly);
}

TEST(PartitionCsv, CallsADataPartitionWithoutSubtypeUndefined) {
  EXPECT_EQ(6, parse("x,data,,,4096").partitions[0].subtype);
}

TEST(PartitionCsv, NamesTheLineOfAWrongField) {
  expect_error("# c\n\nx,,nvs,,12K", 3, "type is missing");
  expect_error("x,code,nvs,,12K", 1, "'code' is no type");
  expect_error("x,0x02,0,,12K", 1, "no type");
  expect_error("x,data,flash,,12K", 1, "'flash' is no subtype of data");
  expect_error("x,app,,0x10000,1M", 1, "needs a subtype");
  expect_error("x,app,ota_16,0x10000,1M", 1, "'ota_16' is no subtype");
  expect_error("x,data,nvs,,", 1, "size is missing");
  expect_error("x,data,nvs,here,12K", 1, "'here' is no offset");
  expect_error("x,data,nvs,,12G", 1, "'12G' is no size");
  expect_error("x,data,nvs,,010", 1, "'010' is no size");
  expect_error("x,data,nvs,,12K,secret", 1, "'secret' is no flag");
  expect_error("x,data,nvs,,12K,,x", 1, "columns");
  expect_error("seventeen_letters,data,nvs,,12K", 1, "16 characters");
  expect_error("x,data,nvs,,$SIZE", 1, "$NAME");
}

TEST(PartitionCsv, NamesTheLineOfAWrongPlace) {
  expect_error("x,data,nvs,0x8000,12K", 1, "0x9000");
  expect_error("a,data,nvs,,12K\nb,data,phy,0xa000,4K", 2, "lies before the end");
  expect_error("a,data,phy,0x9800,4K", 1, "multiple of 0x1000");
  expect_error("a,app,factory,0x18000,1M", 1, "multiple of 0x10000");
  expect_error("a,app,factory,0x10000,4M", 1, "beyond the flash");
  expect_error("a,app,factory,0x10000,0", 1, "not above 0");
  expect_error("a,app,factory,0x20000,-0x10000", 1, "not above 0");
  expect_error("a,app,factory,0x10000,0x1800", 1, "0x1000");
}

TEST(PartitionCsv, KnowsWhatEspIdfNeedsOfSpecialPartitions) {
  expect_error("o,data,ota,,0x1000", 1, "0x2000");
  expect_error("o,data,ota,,0x2000\np,data,ota,,0x2000", 2, "second otadata");
  expect_error("n,data,nvs,,0x2000", 1, "0x3000");
  EXPECT_NO_THROW(parse("n,data,nvs,,0x2000,readonly"));
  expect_error("o,data,ota,,0x2000,readonly", 1, "readonly");
  expect_error("c,data,coredump,,0x2000,readonly", 1, "readonly");
  expect_error("n,data,nvs,,12K\nn,data,phy,,4K", 2, "taken");
}

TEST(PartitionCsv, RefusesTablesWithNothingOrTooMuch) {
  expect_error("", 1, "no partition");
  expect_error("# only this\n", 1, "no partition");
  std::string rows;
  for (int i = 0; i < 95; ++i) rows += std::to_string(i) + ",data,phy,,4K\n";
  expect_error(rows, 95, "more than 94");
}

TEST(PartitionCsv, ReadsBackWhatItWrote) {
  const PartitionTable table = parse(kTwoOta);
  const PartitionTable again = parse(write_partition_csv(table));
  EXPECT_EQ(write_partition_table(table), write_partition_table(again));
}

// The MD5 is Python's: hashlib.md5 over six rows packed with "<2sBBLL16sL".
TEST(PartitionTableBinary, HasRowsMd5AndErasedEnd) {
  const std::vector<uint8_t> raw = write_partition_table(parse(kTwoOta));
  ASSERT_EQ(kPartitionTableSize, raw.size());
  const Bytes row = Bytes(raw).part(6 * 32, 32);
  EXPECT_EQ(0xEB, row.data[0]);
  char md5[2 * kMd5Size + 1] = {};
  hex_encode(row.part(16), md5);
  EXPECT_STREQ("bf25822c0fa6d8641bd930251e06b4c4", md5);
  EXPECT_EQ(std::vector<uint8_t>(raw.size() - 7 * 32, 0xFF),
            std::vector<uint8_t>(raw.begin() + 7 * 32, raw.end()));
}

TEST(PartitionTableBinary, ReadsBackWhatItWrote) {
  const std::vector<uint8_t> raw = write_partition_table(parse(kTwoOta));
  const PartitionTable table = read_partition_table(raw, kFlashSize);
  EXPECT_EQ(6u, table.count);
  EXPECT_EQ(raw, write_partition_table(table));
}

TEST(PartitionTableBinary, NoticesAnyChange) {
  std::vector<uint8_t> raw = write_partition_table(parse(kTwoOta));
  for (size_t i = 0; i < 7 * kPartitionRowSize; ++i) {
    raw[i] ^= 0x04;
    EXPECT_THROW(read_partition_table(raw, kFlashSize), PartitionError) << i;
    raw[i] ^= 0x04;
  }
}

TEST(PartitionTableBinary, TellsWhatIsWrong) {
  std::vector<uint8_t> raw = write_partition_table(parse(kTwoOta));
  raw[12] = 'N';
  expect_unreadable(raw, "MD5 at offset 0xc0");
  raw[12] = 'n';
  raw[64] = 0;
  expect_unreadable(raw, "row at offset 0x40");
  raw[64] = 0xAA;
  std::fill_n(raw.begin() + 6 * 32, 32, uint8_t{0xFF});
  expect_unreadable(raw, "no MD5");
}

TEST(PartitionTableBinary, RefusesToWriteAnEmptyTable) {
  EXPECT_THROW(write_partition_table(PartitionTable()), PartitionError);
}

}  // namespace
}  // namespace otter
