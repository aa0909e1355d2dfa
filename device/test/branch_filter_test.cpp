#include "ota/patch/branch_filter.h"

#include <random>

#include "device/test/printers.h"

namespace otter {
namespace {

constexpr BranchFilterKind kKinds[] = {BranchFilterKind::xtensa, BranchFilterKind::xtensa_wide,
                                       BranchFilterKind::riscv};

BranchFilter filter_of(BranchFilterKind kind) {
  BranchFilter filter;
  filter.kind = kind;
  filter.add_range(0, 1 << 20);
  return filter;
}

std::vector<uint8_t> applied(BranchFilterKind kind, uint32_t block, std::vector<uint8_t> bytes) {
  filter_of(kind).apply(block, bytes);
  return bytes;
}

// Block 1, all zeros but for `code` at `at`.
std::vector<uint8_t> block_with(size_t at, const std::vector<uint8_t>& code) {
  std::vector<uint8_t> block(kFilterBlockSize, 0);
  std::copy(code.begin(), code.end(), block.begin() + static_cast<std::ptrdiff_t>(at));
  return block;
}

std::vector<uint8_t> part_of(const std::vector<uint8_t>& block, size_t at, size_t size) {
  return std::vector<uint8_t>(block.begin() + static_cast<std::ptrdiff_t>(at),
                              block.begin() + static_cast<std::ptrdiff_t>(at + size));
}

TEST(BranchFilter, TwoXtensaCallsOfOneFunctionLookAlike) {
  // call8 to word 0x200 of the file, from bytes 512 + 12 and 512 + 27.
  const auto call8 = [](uint32_t from) {
    const uint32_t offset = (0x200 - ((from >> 2) + 1)) & 0x3FFFF;
    const uint32_t word = 0x25 | offset << 6;
    return std::vector<uint8_t>{static_cast<uint8_t>(word), static_cast<uint8_t>(word >> 8),
                                static_cast<uint8_t>(word >> 16)};
  };
  const auto once =
      applied(BranchFilterKind::xtensa, 1, block_with(12, call8(kFilterBlockSize + 12)));
  const auto twice =
      applied(BranchFilterKind::xtensa, 1, block_with(27, call8(kFilterBlockSize + 27)));
  EXPECT_EQ(part_of(once, 12, 3), (std::vector<uint8_t>{0x25, 0x02, 0x00}));
  EXPECT_EQ(part_of(twice, 27, 3), part_of(once, 12, 3));
}

TEST(BranchFilter, AuipcAndJalrBecomeAnAddress) {
  // auipc ra, 1; jalr ra, -4(ra) at byte 512 + 8: to 512 + 8 + 4096 - 4.
  const auto filtered =
      applied(BranchFilterKind::riscv, 1, block_with(8, bytes_of_hex("97100000e780c0ff")));
  EXPECT_EQ(hex_of(part_of(filtered, 8, 8)),
            "97700e08"
            "00001204");
}

TEST(BranchFilter, UndoesWhatItDid) {
  std::mt19937 random(1);
  for (const BranchFilterKind kind : kKinds) {
    const BranchFilter filter = filter_of(kind);
    size_t same = 0;
    for (uint32_t number = 0; number < 300; ++number) {
      std::vector<uint8_t> block(1 + random() % kFilterBlockSize);
      for (uint8_t& byte : block) byte = static_cast<uint8_t>(random());
      const std::vector<uint8_t> before = block;
      filter.apply(number, block);
      filter.undo(number, block);
      same += block == before ? 1 : 0;
    }
    // auipc that looks like half of a converted pair is the exception.
    EXPECT_GE(same, kind == BranchFilterKind::riscv ? 280u : 300u) << static_cast<int>(kind);
  }
}

TEST(BranchFilter, LeavesAloneWhatItShall) {
  std::vector<uint8_t> block(kFilterBlockSize, 0x25);
  const std::vector<uint8_t> before = block;
  BranchFilter filter = filter_of(BranchFilterKind::xtensa);
  filter.add_exception(7);
  filter.apply(7, block);
  EXPECT_EQ(block, before);
  filter.apply(8, block);
  EXPECT_NE(block, before);
  block = before;
  filter.apply(5000, block);  // behind the range
  EXPECT_EQ(block, before);
  BranchFilter().apply(0, block);
  EXPECT_EQ(block, before);
}

TEST(BranchFilter, ReadsWhatItWrote) {
  BranchFilter filter = filter_of(BranchFilterKind::riscv);
  filter.add_range(0x123456, 0xABCDEF);
  filter.add_exception(0x1234);
  uint8_t raw[BranchFilter::kEncodedSizeMax];
  Appender out{MutableBytes(raw)};
  filter.write(out);
  ASSERT_EQ(BranchFilter::encoded_size(raw), out.written().size);
  BranchFilter again;
  ASSERT_EQ(again.read(out.written()), Error::ok);
  uint8_t raw_again[BranchFilter::kEncodedSizeMax];
  Appender out_again{MutableBytes(raw_again)};
  again.write(out_again);
  EXPECT_EQ(hex_of(out_again.written()), hex_of(out.written()));
}

TEST(BranchFilter, RefusesWhatIsNone) {
  BranchFilter filter;
  EXPECT_EQ(filter.read(bytes_of_hex("040000")), Error::malformed);  // no such kind
  EXPECT_EQ(filter.read(bytes_of_hex("010500")), Error::malformed);  // too many ranges
  EXPECT_EQ(filter.read(bytes_of_hex("010011")), Error::malformed);  // too many exceptions
  EXPECT_EQ(filter.read(bytes_of_hex("010100")), Error::malformed);  // cut
  EXPECT_EQ(filter.read(bytes_of_hex("0100")), Error::malformed);
  EXPECT_EQ(filter.read(bytes_of_hex("000000")), Error::ok);
}

}  // namespace
}  // namespace otter
