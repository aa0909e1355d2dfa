#include "ota/crc32.h"

#include <array>

#include "device/test/printers.h"

namespace otter {
namespace {

TEST(Crc32, GivesTheCheckValue) {
  // The "check" of CRC-32/ISO-HDLC: https://reveng.sourceforge.io/crc-catalogue
  EXPECT_EQ(crc32(0, bytes_of("123456789")), 0xCBF43926u);
}

TEST(Crc32, OfNothingIsItsStart) {
  EXPECT_EQ(crc32(0, Bytes()), 0u);
  EXPECT_EQ(crc32(0xFFFFFFFF, Bytes()), 0xFFFFFFFFu);
  EXPECT_EQ(crc32(0x12345678, Bytes()), 0x12345678u);
}

TEST(Crc32, GoesOnWhereItStopped) {
  const std::vector<uint8_t> text = bytes_of("The quick brown fox jumps over the lazy dog");
  EXPECT_EQ(crc32(0, text), 0x414FA339u);
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    const Bytes view(text);
    EXPECT_EQ(crc32(crc32(0, view.part(0, cut)), view.part(cut)), 0x414FA339u) << cut;
  }
}

TEST(Crc32, StartsFromOnesAsTheBootloaderDoes) {
  // Python: zlib.crc32(struct.pack('<I', sequence), 0xFFFFFFFF)
  const std::pair<uint32_t, uint32_t> kVectors[] = {{0, 0xFFFFFFFF}, {1, 0x4743989A},
                                                    {2, 0x55F63774}, {3, 0xED4A5011},
                                                    {4, 0x709D68A8}, {5, 0xC8210FCD}};
  for (const auto& [sequence, crc] : kVectors) {
    std::array<uint8_t, 4> raw{};
    store_le32(raw.data(), sequence);
    EXPECT_EQ(crc32(0xFFFFFFFF, raw), crc) << sequence;
  }
}

}  // namespace
}  // namespace otter
