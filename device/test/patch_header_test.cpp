#include "ota/patch/patch_header.h"

#include "device/test/printers.h"
#include "ota/crc32.h"

namespace otter {
namespace {

PatchHeader sample() {
  PatchHeader header;
  header.method = PatchMethod::riscv;
  header.appends_sha256 = true;
  header.base_size = 1000;
  header.result_size = 1200;
  header.payload_size = 300;
  header.memory_size = 32 * 1024;
  header.payload_crc = 0x12345678;
  memset(header.base_sha256.bytes, 1, kDigestSize);
  memset(header.result_sha256.bytes, 2, kDigestSize);
  return header;
}

std::vector<uint8_t> written(const PatchHeader& header) {
  std::vector<uint8_t> raw(kPatchHeaderSize);
  write_patch_header(header, raw);
  return raw;
}

// The sample with `value` at `offset`, and the right checksum.
std::vector<uint8_t> with(size_t offset, uint8_t value) {
  std::vector<uint8_t> raw = written(sample());
  raw[offset] = value;
  store_le32(&raw[92], crc32(0, Bytes(raw).part(0, 92)));
  return raw;
}

Error error_of(const PatchHeader& header) { return parse_patch_header(written(header)).error; }

TEST(PatchHeader, ReadsWhatWasWritten) {
  const Result<PatchHeader> read = parse_patch_header(written(sample()));
  ASSERT_EQ(read.error, Error::ok);
  EXPECT_EQ(written(read.value), written(sample()));
  EXPECT_EQ(read.value.method, PatchMethod::riscv);
  EXPECT_TRUE(read.value.appends_sha256);
  EXPECT_EQ(read.value.base_size, 1000u);
  EXPECT_EQ(read.value.result_size, 1200u);
  EXPECT_EQ(read.value.payload_size, 300u);
  EXPECT_EQ(read.value.memory_size, 32768u);
  EXPECT_EQ(read.value.payload_crc, 0x12345678u);
}

TEST(PatchHeader, NamesItsMethods) {
  EXPECT_EQ(name(PatchMethod::bytes), Text("bytes"));
  EXPECT_EQ(name(PatchMethod::lzma), Text("lzma"));
}

TEST(PatchHeader, EachCutIsTruncated) {
  const std::vector<uint8_t> raw = written(sample());
  for (size_t size = 0; size < raw.size(); ++size) {
    EXPECT_EQ(parse_patch_header(Bytes(raw).part(0, size)).error, Error::truncated) << size;
  }
}

TEST(PatchHeader, AnotherMagicIsRefused) {
  EXPECT_EQ(parse_patch_header(with(3, '2')).error, Error::bad_magic);
}

TEST(PatchHeader, AnotherFormatMethodFlagOrMemoryIsNotSupported) {
  EXPECT_EQ(parse_patch_header(with(4, 2)).error, Error::unsupported);
  EXPECT_EQ(parse_patch_header(with(5, 4)).error, Error::unsupported);
  EXPECT_EQ(parse_patch_header(with(6, 2)).error, Error::unsupported);
  EXPECT_EQ(parse_patch_header(with(7, 1)).error, Error::unsupported);
  EXPECT_EQ(parse_patch_header(with(20, 1)).error, Error::unsupported);
}

TEST(PatchHeader, EachChangedBitIsNoticed) {
  for (size_t bit = 0; bit < 8 * kPatchHeaderSize; ++bit) {
    std::vector<uint8_t> raw = written(sample());
    raw[bit / 8] = static_cast<uint8_t>(raw[bit / 8] ^ 1 << bit % 8);
    EXPECT_NE(parse_patch_header(raw).error, Error::ok) << bit;
  }
}

TEST(PatchHeader, ImagesOf16MibAreTooLarge) {
  PatchHeader header = sample();
  header.base_size = 16 * 1024 * 1024;
  EXPECT_EQ(error_of(header), Error::too_large);
  header = sample();
  header.result_size = 16 * 1024 * 1024;
  EXPECT_EQ(error_of(header), Error::too_large);
  header = sample();
  header.payload_size = kPatchPayloadSizeMax + 1;
  EXPECT_EQ(error_of(header), Error::too_large);
}

TEST(PatchHeader, MethodAndBaseFitTogether) {
  PatchHeader header = sample();
  header.base_size = 0;
  header.base_sha256 = Digest();
  EXPECT_EQ(error_of(header), Error::malformed);  // code needs a base
  header.method = PatchMethod::bytes;
  EXPECT_EQ(error_of(header), Error::ok);
  header.base_sha256.bytes[0] = 1;
  EXPECT_EQ(error_of(header), Error::malformed);  // the digest of nothing
  header = sample();
  header.method = PatchMethod::lzma;
  EXPECT_EQ(error_of(header), Error::malformed);  // has no base
}

TEST(PatchHeader, AnAppendedSha256NeedsItsPlace) {
  PatchHeader header = sample();
  header.result_size = 31;
  EXPECT_EQ(error_of(header), Error::malformed);
  header.result_size = 32;
  EXPECT_EQ(error_of(header), Error::ok);
}

}  // namespace
}  // namespace otter
