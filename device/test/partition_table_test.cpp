#include "ota/partition_table.h"

#include "device/test/printers.h"
#include "publish/host_crypto.h"

namespace otter {
namespace {

constexpr uint32_t kFlashSize = 4 * 1024 * 1024;

Partition partition(const char* label, uint8_t type, uint8_t subtype, uint32_t offset,
                    uint32_t size) {
  Partition result;
  result.type = type;
  result.subtype = subtype;
  result.offset = offset;
  result.size_bytes = size;
  strncpy(result.label, label, sizeof(result.label) - 1);
  return result;
}

Partition app(uint8_t subtype, uint32_t offset, uint32_t size = 0x10000) {
  return partition("app", kTypeApp, subtype, offset, size);
}
Partition data(uint8_t subtype, uint32_t offset, uint32_t size = 0x1000) {
  return partition("data", kTypeData, subtype, offset, size);
}

// "factory + two OTA", as ESP-IDF's partitions_two_ota.csv
std::vector<Partition> two_ota() {
  return {partition("nvs", kTypeData, 0x02, 0x9000, 0x4000),
          partition("otadata", kTypeData, kSubtypeDataOta, 0xD000, 0x2000),
          partition("phy_init", kTypeData, 0x01, 0xF000, 0x1000),
          partition("factory", kTypeApp, kSubtypeFactory, 0x10000, 0x100000),
          partition("ota_0", kTypeApp, kSubtypeOta0, 0x110000, 0x100000),
          partition("ota_1", kTypeApp, kSubtypeOta0 + 1, 0x210000, 0x100000)};
}

std::vector<uint8_t> rows_of(const std::vector<Partition>& partitions, bool with_md5 = true) {
  std::vector<uint8_t> raw(kPartitionTableSize, 0xFF);
  Appender out(raw);
  for (const Partition& one : partitions) write_partition_row(one, out);
  uint8_t md5[kMd5Size];
  host_md5(out.written(), md5);
  if (with_md5) write_partition_md5(md5, out);
  EXPECT_FALSE(out.failed());
  return raw;
}

struct Parsed {
  PartitionTable table;
  size_t offset = 0;
  Error error = Error::ok;
};

Parsed parse(const std::vector<uint8_t>& raw, uint32_t flash_size = kFlashSize) {
  Parsed parsed;
  parsed.error = parse_partition_table(raw, flash_size, &parsed.table, &parsed.offset);
  return parsed;
}

Error error_of(const std::vector<Partition>& partitions) {
  return parse(rows_of(partitions)).error;
}

uint8_t slots_of(const std::vector<Partition>& partitions) {
  const Parsed parsed = parse(rows_of(partitions));
  EXPECT_EQ(parsed.error, Error::ok);
  return parsed.table.ota_slot_count();
}

TEST(PartitionTable, ReadsWhatIsWritten) {
  const Parsed parsed = parse(rows_of(two_ota()));
  ASSERT_EQ(parsed.error, Error::ok);
  ASSERT_EQ(parsed.table.count, 6u);
  EXPECT_STREQ(parsed.table.partitions[1].label, "otadata");
  EXPECT_EQ(parsed.table.partitions[1].offset, 0xD000u);
  EXPECT_EQ(parsed.table.partitions[5].size_bytes, 0x100000u);
  EXPECT_EQ(parsed.table.partitions[5].subtype, 0x11);
  EXPECT_EQ(parsed.table.ota_slot_count(), 2);
}

TEST(PartitionTable, Md5CoversTheRowsBeforeIt) {
  const std::vector<uint8_t> raw = rows_of(two_ota());
  const Parsed parsed = parse(raw);
  ASSERT_TRUE(parsed.table.has_md5);
  EXPECT_EQ(parsed.table.md5_covers, 6 * kPartitionRowSize);
  uint8_t md5[kMd5Size];
  host_md5(Bytes(raw).part(0, parsed.table.md5_covers), md5);
  EXPECT_TRUE(Bytes(md5) == Bytes(parsed.table.md5));
}

TEST(PartitionTable, Md5IsOptional) {
  const Parsed parsed = parse(rows_of(two_ota(), false));
  EXPECT_EQ(parsed.error, Error::ok);
  EXPECT_FALSE(parsed.table.has_md5);
}

TEST(PartitionTable, RowLiesAsDocumented) {
  std::vector<uint8_t> raw(kPartitionRowSize);
  Appender out(raw);
  Partition one = partition("ota_0", kTypeApp, kSubtypeOta0, 0x110000, 0x100000);
  one.encrypted = true;
  one.readonly = true;
  write_partition_row(one, out);
  EXPECT_EQ(hex_of(raw),
            "aa50"
            "00"
            "10"
            "00001100"
            "00001000"
            "6f74615f300000000000000000000000"
            "03000000");
}

TEST(PartitionTable, FlagsAndFullLabelsAreKept) {
  std::vector<Partition> rows = two_ota();
  strncpy(rows[0].label, "sixteen_letters_", 17);
  rows[0].encrypted = true;
  rows[2].readonly = true;
  const Parsed parsed = parse(rows_of(rows));
  EXPECT_STREQ(parsed.table.partitions[0].label, "sixteen_letters_");
  EXPECT_TRUE(parsed.table.partitions[0].encrypted);
  EXPECT_FALSE(parsed.table.partitions[0].readonly);
  EXPECT_TRUE(parsed.table.partitions[2].readonly);
}

TEST(PartitionTable, FindsByTypeAndSubtype) {
  const Parsed parsed = parse(rows_of(two_ota()));
  ASSERT_NE(parsed.table.find(kTypeData, kSubtypeDataOta), nullptr);
  EXPECT_EQ(parsed.table.find(kTypeData, kSubtypeDataOta)->offset, 0xD000u);
  EXPECT_EQ(parsed.table.find(kTypeApp, kSubtypeFactory)->offset, 0x10000u);
  EXPECT_EQ(parsed.table.find(kTypeApp, kSubtypeTest), nullptr);
}

TEST(PartitionTable, RefusesEveryTruncation) {
  std::vector<uint8_t> raw = rows_of(two_ota());
  raw.resize(8 * kPartitionRowSize);
  EXPECT_EQ(parse(raw).error, Error::ok);
  while (!raw.empty()) {
    raw.pop_back();
    EXPECT_EQ(parse(raw).error, Error::truncated) << raw.size();
    EXPECT_EQ(parse(raw).offset, raw.size() / kPartitionRowSize * kPartitionRowSize);
  }
}

TEST(PartitionTable, RefusesAnEmptyOne) {
  EXPECT_EQ(parse(std::vector<uint8_t>(kPartitionTableSize, 0xFF)).error, Error::malformed);
  EXPECT_EQ(parse(std::vector<uint8_t>(kPartitionTableSize, 0)).error, Error::bad_magic);
  EXPECT_EQ(parse({}).error, Error::truncated);
  EXPECT_EQ(error_of({}), Error::malformed);
}

TEST(PartitionTable, SaysWhichRowIsWrong) {
  std::vector<uint8_t> raw = rows_of(two_ota());
  raw[3 * kPartitionRowSize] = 0xAB;
  EXPECT_EQ(parse(raw).error, Error::bad_magic);
  EXPECT_EQ(parse(raw).offset, 3 * kPartitionRowSize);
}

TEST(PartitionTable, RefusesATerminatorThatIsNotErased) {
  std::vector<uint8_t> raw = rows_of(two_ota());
  raw[7 * kPartitionRowSize + 31] = 0;
  EXPECT_EQ(parse(raw).error, Error::bad_magic);
}

TEST(PartitionTable, RefusesRowsAfterTheMd5) {
  std::vector<uint8_t> raw = rows_of(two_ota());
  const std::vector<uint8_t> md5_row(raw.begin() + 6 * 32, raw.begin() + 7 * 32);
  std::copy(md5_row.begin(), md5_row.end(), raw.begin() + 7 * 32);
  EXPECT_EQ(parse(raw).error, Error::malformed);
  std::copy(raw.begin(), raw.begin() + 32, raw.begin() + 7 * 32);
  EXPECT_EQ(parse(raw).error, Error::malformed);
  EXPECT_EQ(parse(raw).offset, 7 * kPartitionRowSize);
}

TEST(PartitionTable, RefusesAnMd5RowWithoutItsPadding) {
  std::vector<uint8_t> raw = rows_of(two_ota());
  raw[6 * kPartitionRowSize + 15] = 0;
  EXPECT_EQ(parse(raw).error, Error::malformed);
}

TEST(PartitionTable, HoldsNinetyFiveRows) {
  std::vector<Partition> rows;
  for (uint32_t i = 0; i < 95; ++i) rows.push_back(data(0x40, 0x10000 + i * 0x1000));
  EXPECT_EQ(parse(rows_of(rows, false)).error, Error::ok);
  rows.push_back(data(0x40, 0x100000));
  EXPECT_EQ(parse(rows_of(rows, false)).error, Error::too_large);
  rows.resize(95);
  EXPECT_EQ(parse(rows_of(rows, true)).error, Error::truncated);
  rows.resize(94);
  EXPECT_EQ(parse(rows_of(rows, true)).error, Error::ok);
}

TEST(PartitionTable, RefusesWhatIsBeyondTheFlash) {
  EXPECT_EQ(error_of({app(0, 0x3F0000)}), Error::ok);
  EXPECT_EQ(error_of({app(0, 0x3F0000, 0x11000)}), Error::out_of_range);
  EXPECT_EQ(error_of({app(0, 0x400000)}), Error::out_of_range);
  EXPECT_EQ(error_of({app(0, 0x10000, 0xFFFFF000)}), Error::out_of_range);
  EXPECT_EQ(error_of({app(0, 0xFFFF0000)}), Error::out_of_range);
  EXPECT_EQ(parse(rows_of({app(0, 0x10000)}), 0).error, Error::out_of_range);
}

TEST(PartitionTable, RefusesOtherAlignments) {
  EXPECT_EQ(error_of({app(0, 0x11000)}), Error::out_of_range);
  EXPECT_EQ(error_of({app(0, 0x10000, 0x10800)}), Error::out_of_range);
  EXPECT_EQ(error_of({data(2, 0x9800)}), Error::out_of_range);
  EXPECT_EQ(error_of({data(2, 0x9000, 0)}), Error::out_of_range);
  EXPECT_EQ(error_of({data(2, 0x9000, 0x123)}), Error::ok);
}

TEST(PartitionTable, RefusesOverlaps) {
  EXPECT_EQ(error_of({app(0, 0x10000), app(0x10, 0x20000)}), Error::ok);
  EXPECT_EQ(error_of({app(0, 0x20000), app(0x10, 0x10000)}), Error::ok);
  EXPECT_EQ(error_of({app(0, 0x10000, 0x11000), app(0x10, 0x20000)}), Error::out_of_range);
  EXPECT_EQ(error_of({app(0, 0x10000, 0x30000), data(2, 0x20000)}), Error::out_of_range);
  EXPECT_EQ(error_of({data(2, 0x20000), app(0, 0x10000, 0x30000)}), Error::out_of_range);
}

TEST(PartitionTable, OtadataIsOneOfTwoSectors) {
  EXPECT_EQ(error_of({data(kSubtypeDataOta, 0x9000, 0x2000)}), Error::ok);
  EXPECT_EQ(error_of({data(kSubtypeDataOta, 0x9000, 0x1000)}), Error::out_of_range);
  EXPECT_EQ(error_of({data(kSubtypeDataOta, 0x9000, 0x4000)}), Error::out_of_range);
  // The bootloader takes the last one, esp_partition_find_first() the first.
  EXPECT_EQ(
      error_of({data(kSubtypeDataOta, 0x9000, 0x2000), data(kSubtypeDataOta, 0xB000, 0x2000)}),
      Error::malformed);
}

TEST(OtaSlots, AreCountedFromOta0) {
  EXPECT_EQ(slots_of({app(0, 0x10000)}), 0);
  EXPECT_EQ(slots_of({app(0x10, 0x10000)}), 1);
  EXPECT_EQ(slots_of({app(0x11, 0x20000), app(0x10, 0x10000)}), 2);
  std::vector<Partition> sixteen;
  for (uint8_t i = 0; i < 16; ++i) {
    sixteen.push_back(app(static_cast<uint8_t>(0x10 + i), 0x10000u * (i + 1u)));
  }
  EXPECT_EQ(slots_of(sixteen), 16);
}

// The bootloader counts rows, the application contiguous subtypes: where they differ, both map a
// sequence to another slot, and no update is safe.
TEST(OtaSlots, AreNoneWhereBootloaderAndApplicationDisagree) {
  EXPECT_EQ(slots_of({app(0x10, 0x10000), app(0x12, 0x20000)}), 0);
  EXPECT_EQ(slots_of({app(0x11, 0x10000), app(0x12, 0x20000)}), 0);
  EXPECT_EQ(slots_of({app(0x10, 0x10000), app(0x11, 0x20000), app(0x11, 0x30000)}), 0);
}

}  // namespace
}  // namespace otter
