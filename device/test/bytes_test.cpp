#include "ota/wire/bytes.h"

#include <array>

#include "device/test/printers.h"

namespace otter {
namespace {

const std::vector<uint8_t> kEight = {1, 2, 3, 4, 5, 6, 7, 8};

std::string decimal(int64_t value) {
  std::array<uint8_t, 20> buffer{};
  Appender out(buffer);
  out.decimal(value);
  EXPECT_FALSE(out.failed());
  return string_of(out.written());
}

TEST(Bytes, PartIsCutOffAtTheEnd) {
  const Bytes view(kEight);
  EXPECT_EQ(hex_of(view.part(2, 3)), "030405");
  EXPECT_EQ(hex_of(view.part(6, 3)), "0708");
  EXPECT_EQ(hex_of(view.part(6)), "0708");
  EXPECT_EQ(view.part(8).size, 0u);
  EXPECT_EQ(view.part(9, 1).size, 0u);
  EXPECT_EQ(view.part(SIZE_MAX, SIZE_MAX).size, 0u);
  EXPECT_EQ(view.part(1, SIZE_MAX).size, 7u);
}

TEST(Bytes, PartOfNothingIsNothing) {
  EXPECT_EQ(Bytes().part(3, 4).size, 0u);
  EXPECT_EQ(MutableBytes().part(3, 4).size, 0u);
  EXPECT_EQ(Text().part(3, 4).size, 0u);
}

TEST(Bytes, ComparesContentsNotAddresses) {
  const std::vector<uint8_t> copy = kEight;
  EXPECT_TRUE(Bytes(kEight) == Bytes(copy));
  EXPECT_TRUE(Bytes(kEight) != Bytes(copy).part(1));
  EXPECT_TRUE(Bytes(kEight).part(0, 7) != Bytes(copy));
  EXPECT_TRUE(Bytes() == Bytes(copy).part(8));
}

TEST(Text, ComparesAndFindsPrefixes) {
  EXPECT_TRUE(Text("abc") == Text(std::string("abc")));
  EXPECT_TRUE(Text("abc") != Text("abd"));
  EXPECT_TRUE(starts_with("abc", "ab"));
  EXPECT_TRUE(starts_with("abc", ""));
  EXPECT_FALSE(starts_with("ab", "abc"));
}

TEST(Text, MayHoldNul) {
  const Text text("a\0b", 3);
  EXPECT_EQ(text.size, 3u);
  EXPECT_TRUE(text != Text("a"));
}

TEST(EqualConstantTime, ComparesEveryByte) {
  EXPECT_TRUE(equal_constant_time(kEight, kEight));
  EXPECT_TRUE(equal_constant_time(Bytes(), Bytes()));
  EXPECT_FALSE(equal_constant_time(kEight, Bytes(kEight).part(1)));
  for (size_t i = 0; i < kEight.size(); ++i) {
    std::vector<uint8_t> other = kEight;
    other[i] ^= 0x80;
    EXPECT_FALSE(equal_constant_time(kEight, other)) << i;
  }
}

TEST(LittleEndian, LoadsTheLowByteFirst) {
  EXPECT_EQ(load_le16(kEight.data()), 0x0201);
  EXPECT_EQ(load_le32(kEight.data()), 0x04030201u);
  EXPECT_EQ(load_le64(kEight.data()), 0x0807060504030201u);
}

TEST(LittleEndian, LoadsTheHighestValues) {
  const std::vector<uint8_t> ones(8, 0xFF);
  EXPECT_EQ(load_le16(ones.data()), UINT16_MAX);
  EXPECT_EQ(load_le32(ones.data()), UINT32_MAX);
  EXPECT_EQ(load_le64(ones.data()), UINT64_MAX);
}

TEST(LittleEndian, StoresWhatItLoads) {
  uint8_t raw[8];
  store_le64(raw, 0xF1E2D3C4B5A69788u);
  EXPECT_EQ(hex_of(raw), "8897a6b5c4d3e2f1");
  store_le32(raw, 0xDEADBEEF);
  EXPECT_EQ(load_le32(raw), 0xDEADBEEFu);
  store_le16(raw, 0xCAFE);
  EXPECT_EQ(load_le16(raw), 0xCAFE);
}

TEST(Cursor, TakesFromTheFront) {
  Cursor cursor(kEight);
  EXPECT_EQ(cursor.u8(), 1);
  EXPECT_EQ(cursor.le16(), 0x0302);
  EXPECT_EQ(cursor.le32(), 0x07060504u);
  EXPECT_EQ(cursor.left(), 1u);
  EXPECT_FALSE(cursor.failed());
}

TEST(Cursor, ReadsEightBytes) {
  Cursor cursor(kEight);
  EXPECT_EQ(cursor.le64(), 0x0807060504030201u);
  EXPECT_EQ(cursor.left(), 0u);
  EXPECT_FALSE(cursor.failed());
}

TEST(Cursor, GivesZerosForGoodAfterTheEnd) {
  Cursor cursor(Bytes(kEight).part(0, 3));
  EXPECT_EQ(cursor.le32(), 0u);
  EXPECT_TRUE(cursor.failed());
  EXPECT_EQ(cursor.u8(), 0);
  EXPECT_EQ(cursor.le16(), 0);
  EXPECT_EQ(cursor.le64(), 0u);
  EXPECT_EQ(cursor.take(1).size, 0u);
  EXPECT_TRUE(cursor.failed());
}

TEST(Cursor, TakingNothingAtTheEndIsNoFailure) {
  Cursor cursor{Bytes()};
  EXPECT_EQ(cursor.take(0).size, 0u);
  EXPECT_FALSE(cursor.failed());
  EXPECT_EQ(cursor.take(SIZE_MAX).size, 0u);
  EXPECT_TRUE(cursor.failed());
}

TEST(Appender, WritesLittleEndian) {
  std::array<uint8_t, 15> buffer{};
  Appender out(buffer);
  out.u8(1);
  out.le16(0x0302);
  out.le32(0x07060504);
  out.le64(0x0F0E0D0C0B0A0908);
  EXPECT_FALSE(out.failed());
  EXPECT_EQ(hex_of(out.written()), "0102030405060708090a0b0c0d0e0f");
}

TEST(Appender, DropsWhatDoesNotFitAndAllAfterIt) {
  std::array<uint8_t, 4> buffer{};
  Appender out(buffer);
  out.text("abc");
  out.text("de");
  EXPECT_TRUE(out.failed());
  out.text("f");
  EXPECT_TRUE(out.failed());
  EXPECT_EQ(string_of(out.written()), "abc");
}

TEST(Appender, FillsItsBufferToTheLastByte) {
  std::array<uint8_t, 3> buffer{};
  Appender out(buffer);
  out.text("abc");
  out.bytes(Bytes());
  EXPECT_FALSE(out.failed());
  Appender none{MutableBytes()};
  none.u8(0);
  EXPECT_TRUE(none.failed());
}

TEST(Appender, WritesDecimals) {
  EXPECT_EQ(decimal(0), "0");
  EXPECT_EQ(decimal(7), "7");
  EXPECT_EQ(decimal(-10), "-10");
  EXPECT_EQ(decimal(INT64_MAX), "9223372036854775807");
  EXPECT_EQ(decimal(INT64_MIN), "-9223372036854775808");
}

}  // namespace
}  // namespace otter
