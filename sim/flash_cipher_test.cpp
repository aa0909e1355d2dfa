#include "sim/flash_cipher.h"

#include <gtest/gtest.h>

#include <bit>

#include "sim/nor_flash.h"

namespace otter::sim {
namespace {

using Vector = std::vector<uint8_t>;

constexpr uint32_t kAt = 0x40000;  // [bytes]

NorFlash encrypted_flash() {
  NorFlash flash(4 * kMebibyte);
  flash.encrypt();
  return flash;
}

Vector counting(size_t size) {
  Vector out(size);
  for (size_t i = 0; i < size; ++i) out[i] = static_cast<uint8_t>(i);
  return out;
}

Vector read(const NorFlash& flash, uint32_t offset, size_t size) {
  Vector out(size);
  EXPECT_EQ(flash.read(offset, out), Error::ok);
  return out;
}

Vector cells(const NorFlash& flash, uint32_t offset, size_t size) {
  Vector out(size);
  EXPECT_EQ(flash.read_cells(offset, out), Error::ok);
  return out;
}

int different_bits(const Vector& a, const Vector& b) {
  int count = 0;
  for (size_t i = 0; i < a.size(); ++i) count += std::popcount(static_cast<uint8_t>(a[i] ^ b[i]));
  return count;
}

TEST(FlashCipher, IsUndone) {
  const Vector plain = counting(kEncryptedUnit);
  Vector unit = plain;
  encrypt_unit(kAt, unit.data());
  EXPECT_NE(unit, plain);
  decrypt_unit(kAt, unit.data());
  EXPECT_EQ(unit, plain);
}

// A flipped cell changes about half of the 128 bits of its unit, whichever it is.
TEST(FlashCipher, MakesNoiseOfAUnitWithOneWrongBit) {
  Vector good(kEncryptedUnit);
  encrypt_unit(kAt, good.data());
  for (size_t bit = 0; bit < 8 * kEncryptedUnit; ++bit) {
    Vector unit = good;
    unit[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    decrypt_unit(kAt, unit.data());
    EXPECT_GT(different_bits(unit, Vector(kEncryptedUnit)), 32) << bit;
    EXPECT_LT(different_bits(unit, Vector(kEncryptedUnit)), 96) << bit;
  }
}

TEST(EncryptedFlash, ReadsWhatWasProgrammedAtAnyPlace) {
  NorFlash flash = encrypted_flash();
  const Vector plain = counting(2 * kPageSize);
  ASSERT_EQ(flash.program(kAt + 16, plain), Error::ok);
  EXPECT_EQ(read(flash, kAt + 16, plain.size()), plain);
  EXPECT_EQ(read(flash, kAt + 16 + 5, 30), Vector(plain.begin() + 5, plain.begin() + 35));
  EXPECT_NE(cells(flash, kAt + 16, plain.size()), plain);
  EXPECT_EQ(read(flash.fork(), kAt + 16, plain.size()), plain);
}

TEST(EncryptedFlash, IsEncryptedAtEachAddressInAnotherWay) {
  NorFlash flash = encrypted_flash();
  ASSERT_EQ(flash.program(kAt, Vector(2 * kEncryptedUnit)), Error::ok);
  EXPECT_NE(cells(flash, kAt, kEncryptedUnit), cells(flash, kAt + 16, kEncryptedUnit));
}

TEST(EncryptedFlash, TakesWholeUnitsOnly) {
  NorFlash flash = encrypted_flash();
  EXPECT_EQ(flash.write_unit(), kEncryptedUnit);
  EXPECT_EQ(flash.program(kAt + 8, Vector(kEncryptedUnit)), Error::flash_io);
  EXPECT_EQ(flash.program(kAt, Vector(kEncryptedUnit - 1)), Error::flash_io);
  EXPECT_EQ(flash.operation_count(), 0u);
}

TEST(EncryptedFlash, ReadsErasedCellsAsNoise) {
  NorFlash flash = encrypted_flash();
  FlashPartition partition(flash, kAt, kSectorSize);
  EXPECT_TRUE(partition.is_erased(0, kSectorSize).value);
  EXPECT_NE(read(flash, kAt, kEncryptedUnit), Vector(kEncryptedUnit, 0xFF));
  ASSERT_EQ(partition.program(16, Vector(kEncryptedUnit, 0xFF)), Error::ok);
  EXPECT_EQ(read(flash, kAt + 16, kEncryptedUnit), Vector(kEncryptedUnit, 0xFF));
  EXPECT_FALSE(partition.is_erased(0, kSectorSize).value);
}

TEST(EncryptedFlash, ReadsAUnitThatWasProgrammedTwiceAsNoise) {
  NorFlash flash = encrypted_flash();
  ASSERT_EQ(flash.program(kAt, Vector(kEncryptedUnit, 0xFE)), Error::ok);
  ASSERT_EQ(flash.program(kAt, Vector(kEncryptedUnit, 0xFC)), Error::ok);
  EXPECT_NE(read(flash, kAt, kEncryptedUnit), Vector(kEncryptedUnit, 0xFC));
}

TEST(EncryptedFlash, TurnsATornUnitIntoNoiseAndLeavesTheOthers) {
  NorFlash flash = encrypted_flash();
  CutAtOperation fault(0, {PowerCut::torn, kEncryptedUnit + 9});
  flash.set_fault(&fault);
  const Vector plain = counting(3 * kEncryptedUnit);
  EXPECT_EQ(flash.program(kAt, plain), Error::flash_io);
  flash.restore_power();
  EXPECT_EQ(read(flash, kAt, 16), Vector(plain.begin(), plain.begin() + 16));
  const Vector torn = read(flash, kAt + 16, 16);
  EXPECT_GT(different_bits(torn, Vector(plain.begin() + 16, plain.begin() + 32)), 32);
  EXPECT_EQ(cells(flash, kAt + 32, 16), Vector(16, 0xFF));
}

TEST(EncryptedFlash, IsTornInItsCells) {
  NorFlash flash = encrypted_flash();
  const Vector bytes = counting(kEncryptedUnit);
  flash.tear(kAt, bytes);
  EXPECT_EQ(cells(flash, kAt, kEncryptedUnit), bytes);
  EXPECT_EQ(flash.operation_count(), 0u);
}

}  // namespace
}  // namespace otter::sim
