#include "publish/nvs_cipher.h"

#include <gmock/gmock.h>

#include "publish/host_crypto.h"
#include "publish/nvs_image.h"

namespace otter {
namespace {

using testing::Each;

NvsKeys keys() {
  NvsKeys keys;
  for (size_t i = 0; i < sizeof(keys.raw); ++i) keys.raw[i] = static_cast<uint8_t>(i);
  return keys;
}

std::vector<uint8_t> plain_image() {
  return write_nvs_image("otter", {{"text", std::string(40, 't')}, {"n", uint16_t{1}}},
                         kNvsSizeMin);
}

// IEEE 1619-2018 annex B, XTS-AES-256 vector 10: the first 32 bytes of its 512.
TEST(NvsCipher, EncryptsAsTheStandard) {
  uint8_t key[64];
  ASSERT_EQ(Error::ok,
            hex_decode("2718281828459045235360287471352662497757247093699959574966967627"
                       "3141592653589793238462643383279502884197169399375105820974944592",
                       key));
  uint8_t data[32], expected[32];
  for (uint8_t i = 0; i < sizeof(data); ++i) data[i] = i;
  ASSERT_EQ(
      Error::ok,
      hex_decode("1c3b3a102f770386e4836c99e370cf9bea00803f5e482357a4ae12d414a3e63b", expected));
  ASSERT_EQ(Error::ok, host_xts_encrypt(key, 0xFF, data));
  EXPECT_EQ(Bytes(expected), Bytes(data));
}

TEST(NvsCipher, EncryptsEachEntryWithItsPlace) {
  const std::vector<uint8_t> plain = plain_image();
  std::vector<uint8_t> image = plain;
  encrypt_nvs_image(image, keys());
  for (const size_t entry : {size_t{0}, size_t{1}, size_t{2}, size_t{3}, size_t{4}}) {
    const size_t place = 64 + 32 * entry;
    std::vector<uint8_t> expected(plain.begin() + static_cast<ptrdiff_t>(place),
                                  plain.begin() + static_cast<ptrdiff_t>(place) + 32);
    ASSERT_EQ(Error::ok, host_xts_encrypt(keys().raw, place, expected));
    EXPECT_EQ(Bytes(expected), Bytes(image).part(place, 32)) << entry;
  }
}

TEST(NvsCipher, LeavesHeadersAndStatesAndWhatIsEmpty) {
  const std::vector<uint8_t> plain = plain_image();
  std::vector<uint8_t> image = plain;
  encrypt_nvs_image(image, keys());
  const size_t written_end = 64 + 32 * 5;
  EXPECT_EQ(Bytes(plain).part(0, 64), Bytes(image).part(0, 64));
  EXPECT_EQ(Bytes(plain).part(written_end), Bytes(image).part(written_end));
}

TEST(NvsCipher, WritesThePartitionOfKeys) {
  const std::vector<uint8_t> image = write_nvs_keys(keys());
  ASSERT_EQ(kNvsKeysSize, image.size());
  EXPECT_EQ(Bytes(keys().raw), Bytes(image).part(0, 64));
  // zlib.crc32(bytes(range(64)), 0xFFFFFFFF) of Python
  EXPECT_EQ(0x9A7C5245u, load_le32(image.data() + 64));
  EXPECT_THAT(std::vector<uint8_t>(image.begin() + 68, image.end()), Each(0xFF));
}

TEST(NvsCipher, MakesOtherKeysEachTime) {
  HostCrypto crypto;
  EXPECT_NE(Bytes(make_nvs_keys(crypto).raw), Bytes(make_nvs_keys(crypto).raw));
}

class NoRandom : public HostCrypto {
  Error random(MutableBytes) override { return Error::random_failed; }
};

TEST(NvsCipher, MakesNoKeysWithoutRandomNumbers) {
  NoRandom crypto;
  EXPECT_THROW(make_nvs_keys(crypto), std::runtime_error);
}

}  // namespace
}  // namespace otter
