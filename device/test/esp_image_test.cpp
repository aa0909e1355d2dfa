#include "ota/esp_image.h"

#include <array>

#include "device/test/printers.h"
#include "ota/crc32.h"
#include "publish/host_crypto.h"
#include "publish/memory_image.h"

namespace otter {
namespace {

struct ImageSpec {
  std::vector<size_t> segments = {320, 64, 4};  // [bytes] of data
  uint8_t segment_count = 3;                    // as the header says
  uint8_t hash_appended = 1;
  ChipId chip = 0x0005;
};

void append(std::vector<uint8_t>& to, Bytes bytes) {
  to.insert(to.end(), bytes.data, bytes.data + bytes.size);
}

Digest digest_of(Bytes bytes) {
  HostCrypto crypto;
  return sha256(crypto, bytes).value;
}

std::vector<uint8_t> description() {
  std::vector<uint8_t> raw(kAppDescriptionSize);
  store_le32(raw.data(), kAppDescriptionMagic);
  store_le32(raw.data() + 4, 3);
  memcpy(raw.data() + 16, "1.0.1-rc1", 9);
  memcpy(raw.data() + 48, "exactly_32_characters_long_name_", 32);
  memcpy(raw.data() + 80, "12:34:56", 8);
  memcpy(raw.data() + 96, "Jan  1 2026", 11);
  memcpy(raw.data() + 112, "v5.5", 4);
  memset(raw.data() + 144, 0xEF, 32);
  store_le16(raw.data() + 176, 1);
  store_le16(raw.data() + 178, 199);
  raw[180] = 16;
  return raw;
}

std::vector<uint8_t> make_image(const ImageSpec& spec = ImageSpec()) {
  std::vector<uint8_t> image(kImageHeaderSize);
  image[0] = kImageMagic;
  image[1] = spec.segment_count;
  image[2] = 2;
  image[3] = 0x2F;
  store_le32(image.data() + 4, 0x40380000);
  image[8] = 0xEE;
  store_le16(image.data() + 12, spec.chip);
  image[14] = 3;
  store_le16(image.data() + 15, 3);
  store_le16(image.data() + 17, 199);
  image[23] = spec.hash_appended;
  uint8_t checksum = kChecksumSeed;
  for (size_t i = 0; i < spec.segments.size(); ++i) {
    std::vector<uint8_t> data(spec.segments[i], static_cast<uint8_t>(0x30 + i));
    if (i == 0 && data.size() >= kAppDescriptionSize) {
      const std::vector<uint8_t> front = description();
      std::copy(front.begin(), front.end(), data.begin());
    }
    std::vector<uint8_t> header(kSegmentHeaderSize);
    store_le32(header.data(), static_cast<uint32_t>(0x3C000020 + i * 0x10000));
    store_le32(header.data() + 4, static_cast<uint32_t>(data.size()));
    append(image, header);
    append(image, data);
    for (uint8_t byte : data) checksum ^= byte;
  }
  image.resize((image.size() + 16) / 16 * 16);
  image.back() = checksum;
  if (spec.hash_appended == 1) append(image, digest_of(image).bytes);
  return image;
}

struct Checked {
  ImageFault fault;
  ImageInfo info;
};

Checked check(const std::vector<uint8_t>& file, size_t scratch_size = 64) {
  HostCrypto crypto;
  MemoryImage image(file);
  std::vector<uint8_t> scratch(scratch_size);
  Checked checked;
  checked.fault = check_image(image, crypto, scratch, &checked.info);
  return checked;
}

void expect_fault(const std::vector<uint8_t>& file, Error error, uint32_t offset) {
  const Checked checked = check(file);
  EXPECT_EQ(checked.fault.error, error);
  EXPECT_EQ(checked.fault.offset, offset);
}

// The hash over what the tests changed.
void rehash(std::vector<uint8_t>& image) {
  const Digest digest = digest_of(Bytes(image).part(0, image.size() - kDigestSize));
  std::copy_n(digest.bytes, kDigestSize, image.end() - kDigestSize);
}

// A Readable that fails from `bad_from` on.
class BadImage : public MemoryImage {
 public:
  BadImage(Bytes bytes, uint32_t bad_from) : MemoryImage(bytes), bad_from_(bad_from) {}
  Error read(uint32_t offset, MutableBytes out) override {
    if (offset + out.size > bad_from_) return Error::flash_io;
    return MemoryImage::read(offset, out);
  }

 private:
  uint32_t bad_from_;
};

std::vector<uint8_t> signature_block(uint8_t version, const Digest& digest) {
  std::vector<uint8_t> block(1216);
  block[0] = 0xE7;
  block[1] = version;
  std::copy_n(digest.bytes, kDigestSize, block.begin() + 4);
  for (size_t i = 36; i < 1196; ++i) block[i] = static_cast<uint8_t>(i);
  store_le32(block.data() + 1196, crc32(0, Bytes(block).part(0, 1196)));
  return block;
}

// The image padded to `alignment`, and behind it a sector with `count` signature blocks.
std::vector<uint8_t> signed_image(uint8_t version, size_t count, size_t alignment) {
  std::vector<uint8_t> file = make_image();
  file.resize((file.size() + alignment - 1) / alignment * alignment, 0xFF);
  const size_t offset = file.size();
  const Digest digest = digest_of(file);
  for (size_t i = 0; i < count; ++i) append(file, signature_block(version, digest));
  file.resize(offset + kSignatureSectorSize, 0xFF);
  return file;
}

Result<SignatureSector> find_in(const std::vector<uint8_t>& file) {
  HostCrypto crypto;
  MemoryImage image(file);
  std::array<uint8_t, 256> scratch{};
  const uint32_t size = static_cast<uint32_t>(make_image().size());
  return find_signature(image, size, crypto, scratch);
}

TEST(ImageHeader, ReadsEveryField) {
  const Result<ImageHeader> header = parse_image_header(make_image());
  ASSERT_EQ(header.error, Error::ok);
  EXPECT_EQ(header.value.segment_count, 3);
  EXPECT_EQ(header.value.spi_mode, 2);
  EXPECT_EQ(header.value.spi_speed, 0xF);
  EXPECT_EQ(header.value.spi_size, 2);
  EXPECT_EQ(header.value.entry_address, 0x40380000u);
  EXPECT_EQ(header.value.wp_pin, 0xEE);
  EXPECT_EQ(header.value.chip, 0x0005);
  EXPECT_EQ(header.value.min_chip_revision_legacy, 3);
  EXPECT_EQ(header.value.min_revision, 3);
  EXPECT_EQ(header.value.max_revision, 199);
  EXPECT_TRUE(header.value.hash_appended);
}

TEST(ImageHeader, UnsetRevisionsMeanAny) {
  ImageHeader header;
  EXPECT_EQ(header.revision_lowest(), 0);
  EXPECT_EQ(header.revision_highest(), 0xFFFF);
  header.max_revision = 0xFFFF;
  EXPECT_EQ(header.revision_highest(), 0xFFFF);
  header.max_revision = 199;
  EXPECT_EQ(header.revision_highest(), 199);
}

TEST(ImageHeader, RefusesTruncations) {
  const std::vector<uint8_t> image = make_image();
  for (size_t size = 0; size < kImageHeaderSize; ++size) {
    EXPECT_EQ(parse_image_header(Bytes(image).part(0, size)).error, Error::truncated) << size;
  }
  EXPECT_EQ(parse_image_header(Bytes(image).part(0, 24)).error, Error::ok);
}

TEST(ImageHeader, MagicIsJudgedFirst) {
  EXPECT_EQ(parse_image_header(bytes_of("P")).error, Error::bad_magic);
  EXPECT_EQ(parse_image_header(std::vector<uint8_t>(24, 0xFF)).error, Error::bad_magic);
}

TEST(ImageHeader, BoundsTheSegments) {
  for (int count = 0; count < 256; ++count) {
    std::vector<uint8_t> image = make_image();
    image[1] = static_cast<uint8_t>(count);
    EXPECT_EQ(parse_image_header(image).error,
              count >= 1 && count <= 16 ? Error::ok : Error::out_of_range);
  }
}

// The bootloader takes every value but 0 for "appended", esptool takes 0 and 1 only.
TEST(ImageHeader, RefusesAnAmbiguousHashFlag) {
  std::vector<uint8_t> image = make_image();
  image[23] = 0;
  EXPECT_FALSE(parse_image_header(image).value.hash_appended);
  for (int flag = 2; flag < 256; ++flag) {
    image[23] = static_cast<uint8_t>(flag);
    EXPECT_EQ(parse_image_header(image).error, Error::malformed);
  }
  expect_fault(image, Error::malformed, 23);
}

TEST(AppDescription, ReadsEveryField) {
  const std::vector<uint8_t> image = make_image();
  const Result<AppDescription> read =
      parse_app_description(Bytes(image).part(kAppDescriptionOffset));
  ASSERT_EQ(read.error, Error::ok);
  EXPECT_EQ(read.value.secure_version, 3u);
  EXPECT_EQ(read.value.version, Text("1.0.1-rc1"));
  EXPECT_EQ(read.value.project_name, Text("exactly_32_characters_long_name_"));
  EXPECT_EQ(read.value.time, Text("12:34:56"));
  EXPECT_EQ(read.value.date, Text("Jan  1 2026"));
  EXPECT_EQ(read.value.idf_version, Text("v5.5"));
  EXPECT_EQ(hex_of(read.value.app_elf_sha256.bytes).substr(0, 4), "efef");
  EXPECT_EQ(read.value.min_efuse_block_revision, 1);
  EXPECT_EQ(read.value.max_efuse_block_revision, 199);
  EXPECT_EQ(read.value.mmu_page_size_log2, 16);
}

TEST(AppDescription, RefusesTruncationsAndOtherMagic) {
  std::vector<uint8_t> raw = description();
  raw.pop_back();
  EXPECT_EQ(parse_app_description(raw).error, Error::truncated);
  EXPECT_EQ(parse_app_description(Bytes()).error, Error::truncated);
  raw = description();
  raw[0] = 0x33;
  EXPECT_EQ(parse_app_description(raw).error, Error::no_app_description);
}

TEST(CheckImage, AcceptsAGoodOne) {
  const std::vector<uint8_t> image = make_image();
  const Checked checked = check(image);
  EXPECT_EQ(checked.fault.error, Error::ok);
  EXPECT_EQ(checked.info.size_bytes, image.size());
  EXPECT_EQ(checked.info.checksum_offset, image.size() - 33);
  EXPECT_EQ(checked.info.checksum, image[image.size() - 33]);
  EXPECT_EQ(checked.info.segments[1].data_offset, 24u + 8 + 320 + 8);
  EXPECT_EQ(checked.info.segments[1].data_size, 64u);
  EXPECT_EQ(checked.info.segments[2].load_address, 0x3C020020u);
  EXPECT_EQ(hex_of(checked.info.appended_sha256.bytes),
            hex_of(Bytes(image).part(image.size() - 32)));
}

TEST(CheckImage, DoesNotDependOnTheScratch) {
  const std::vector<uint8_t> image = make_image();
  for (size_t scratch : {64u, 65u, 100u, 1000u, 100000u}) {
    EXPECT_EQ(check(image, scratch).fault.error, Error::ok) << scratch;
    EXPECT_EQ(check(image, scratch).info.size_bytes, image.size()) << scratch;
  }
}

TEST(CheckImage, AcceptsEveryPadding) {
  for (size_t size = 0; size <= 64; size += 4) {
    ImageSpec spec;
    spec.segments = {320, size};
    spec.segment_count = 2;
    const std::vector<uint8_t> image = make_image(spec);
    EXPECT_EQ(check(image).fault.error, Error::ok) << size;
    EXPECT_EQ(check(image).info.size_bytes, image.size()) << size;
  }
}

TEST(CheckImage, AcceptsSixteenSegments) {
  ImageSpec spec;
  spec.segments.assign(16, 8);
  spec.segment_count = 16;
  EXPECT_EQ(check(make_image(spec)).fault.error, Error::ok);
  spec.segments.assign(17, 8);
  spec.segment_count = 17;
  expect_fault(make_image(spec), Error::out_of_range, 1);
}

TEST(CheckImage, IgnoresWhatFollows) {
  std::vector<uint8_t> slot = make_image();
  const size_t size = slot.size();
  slot.resize(0x10000, 0xFF);
  EXPECT_EQ(check(slot).fault.error, Error::ok);
  EXPECT_EQ(check(slot).info.size_bytes, size);
}

TEST(CheckImage, RefusesEveryTruncation) {
  const std::vector<uint8_t> image = make_image();
  for (size_t size = 0; size < image.size(); ++size) {
    const std::vector<uint8_t> exact(image.begin(), image.begin() + static_cast<ptrdiff_t>(size));
    const Checked checked = check(exact);
    EXPECT_EQ(checked.fault.error, Error::truncated) << size;
    EXPECT_LE(checked.fault.offset, size);
  }
}

TEST(CheckImage, RefusesEveryFlippedByte) {
  const std::vector<uint8_t> image = make_image();
  for (size_t i = 0; i < image.size(); ++i) {
    std::vector<uint8_t> bad = image;
    bad[i] ^= 0x10;
    EXPECT_NE(check(bad).fault.error, Error::ok) << i;
  }
}

TEST(CheckImage, SaysWhereItIsWrong) {
  const std::vector<uint8_t> good = make_image();
  std::vector<uint8_t> bad = good;
  bad[0] = 0x50;
  expect_fault(bad, Error::bad_magic, 0);
  bad = good;
  bad[100] ^= 1;
  expect_fault(bad, Error::bad_checksum, static_cast<uint32_t>(good.size() - 33));
  bad = good;
  bad[4] ^= 1;
  expect_fault(bad, Error::bad_hash, static_cast<uint32_t>(good.size() - 32));
  bad = good;
  bad[24 + 8 + 320 + 4] = 65;
  expect_fault(bad, Error::malformed, 24 + 8 + 320 + 4);
}

TEST(CheckImage, RefusesAWrongChecksumUnderARightHash) {
  std::vector<uint8_t> image = make_image();
  image[image.size() - 33] ^= 1;
  rehash(image);
  expect_fault(image, Error::bad_checksum, static_cast<uint32_t>(image.size() - 33));
}

TEST(CheckImage, RefusesHugeSegments) {
  std::vector<uint8_t> image = make_image();
  store_le32(image.data() + 28, 0x1000000);
  expect_fault(image, Error::too_large, 28);
  store_le32(image.data() + 28, 0xFFFFFFFC);
  expect_fault(image, Error::too_large, 28);
  store_le32(image.data() + 28, 0xFFFFFC);
  expect_fault(image, Error::truncated, 28);
}

TEST(CheckImage, WithoutAHashOnlyTheChecksumProtects) {
  ImageSpec spec;
  spec.hash_appended = 0;
  std::vector<uint8_t> image = make_image(spec);
  const Checked checked = check(image);
  EXPECT_EQ(checked.fault.error, Error::ok);
  EXPECT_TRUE(checked.info.appended_sha256.is_zero());
  EXPECT_FALSE(checked.info.header.hash_appended);
  EXPECT_EQ(checked.info.size_bytes, image.size());
  image[200] ^= 4;
  EXPECT_EQ(check(image).fault.error, Error::bad_checksum);
}

TEST(CheckImage, PassesFlashErrorsOn) {
  const std::vector<uint8_t> file = make_image();
  for (uint32_t bad_from = 0; bad_from < file.size(); bad_from += 7) {
    BadImage image(file, bad_from);
    HostCrypto crypto;
    std::array<uint8_t, 64> scratch{};
    ImageInfo info;
    EXPECT_EQ(check_image(image, crypto, scratch, &info).error, Error::flash_io) << bad_from;
  }
}

TEST(Signature, IsFoundBehindEitherPadding) {
  for (size_t alignment : {0x1000u, 0x10000u}) {
    const Result<SignatureSector> sector = find_in(signed_image(2, 1, alignment));
    ASSERT_EQ(sector.error, Error::ok);
    EXPECT_EQ(sector.value.kind, SignatureKind::rsa_3072);
    EXPECT_EQ(sector.value.offset, alignment);
    EXPECT_EQ(sector.value.block_count, 1);
  }
}

TEST(Signature, MayHoldUpToThreeBlocks) {
  for (size_t count = 1; count <= 3; ++count) {
    const Result<SignatureSector> sector = find_in(signed_image(3, count, 0x10000));
    ASSERT_EQ(sector.error, Error::ok);
    EXPECT_EQ(sector.value.kind, SignatureKind::ecdsa);
    EXPECT_EQ(sector.value.block_count, count);
  }
}

TEST(Signature, IsNoneWhereThereIsNone) {
  std::vector<uint8_t> file = make_image();
  EXPECT_EQ(find_in(file).value.kind, SignatureKind::none);
  file.resize(0x20000, 0xFF);
  EXPECT_EQ(find_in(file).error, Error::ok);
  EXPECT_EQ(find_in(file).value.kind, SignatureKind::none);
  EXPECT_EQ(find_in(signed_image(1, 1, 0x10000)).value.kind, SignatureKind::none);
}

TEST(Signature, NeedsItsWholeSector) {
  std::vector<uint8_t> file = signed_image(2, 1, 0x10000);
  file.pop_back();
  EXPECT_EQ(find_in(file).value.kind, SignatureKind::none);
}

TEST(Signature, RefusesABlockThatIsDamaged) {
  std::vector<uint8_t> file = signed_image(2, 2, 0x10000);
  file[0x10000 + 500] ^= 1;
  EXPECT_EQ(find_in(file).error, Error::bad_checksum);
  file = signed_image(2, 2, 0x10000);
  file[0x10000 + 1216 + 1196] ^= 1;
  EXPECT_EQ(find_in(file).error, Error::bad_checksum);
}

TEST(Signature, RefusesABlockThatSignsOtherBytes) {
  std::vector<uint8_t> file = signed_image(2, 1, 0x10000);
  file[0xFFFF] = 0xFE;
  EXPECT_EQ(find_in(file).error, Error::bad_hash);
}

TEST(Signature, PassesFlashErrorsOn) {
  const std::vector<uint8_t> file = signed_image(2, 1, 0x1000);
  const uint32_t size = static_cast<uint32_t>(make_image().size());
  HostCrypto crypto;
  std::array<uint8_t, 64> scratch{};
  for (uint32_t bad_from : {0u, 0x1000u, 0x1010u, 0x1400u}) {
    BadImage image(file, bad_from);
    EXPECT_EQ(find_signature(image, size, crypto, scratch).error, Error::flash_io) << bad_from;
  }
}

}  // namespace
}  // namespace otter
