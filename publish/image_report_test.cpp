#include "publish/image_report.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ota/crc32.h"
#include "ota/partition_table.h"
#include "publish/host_crypto.h"
#include "publish/image_maker.h"
#include "publish/partition_csv.h"

namespace otter {
namespace {

using File = std::vector<uint8_t>;

File good_image(uint32_t size = 64 * 1024) {
  ImageRecipe recipe;
  recipe.chip = find_chip(Text("esp32c3"))->id;
  recipe.product = "demo";
  recipe.version = "1.0.1";
  recipe.size_bytes = size;
  return make_image(recipe);
}

File text_file(const std::string& text) { return File(text.begin(), text.end()); }

// The offset of the header of segment `index`.
size_t segment_header(const File& image, size_t index) {
  size_t at = kImageHeaderSize;
  for (; index > 0; --index) at += kSegmentHeaderSize + load_le32(&image[at + 4]);
  return at;
}

// A bootloader: an image of its own that describes itself with esp_bootloader_desc_t.
File bootloader() {
  File image = good_image(4096);
  std::fill_n(image.begin() + kAppDescriptionOffset, kAppDescriptionSize, uint8_t{0});
  image[kAppDescriptionOffset] = kBootloaderDescriptionMagic;
  const std::string idf = "v5.5.1";
  std::copy(idf.begin(), idf.end(), image.begin() + kAppDescriptionOffset + 8);
  seal_image(image);
  return image;
}

File partition_table() {
  return write_partition_table(
      parse_partition_csv("nvs,data,nvs,,0x6000\napp,app,factory,,1M\n", 4 * 1024 * 1024));
}

void put(File& file, size_t offset, const File& part) {
  if (file.size() < offset + part.size()) file.resize(offset + part.size(), 0xFF);
  std::copy(part.begin(), part.end(), file.begin() + static_cast<std::ptrdiff_t>(offset));
}

// What `esptool merge_bin` makes, from flash address `start` on.
File merged(size_t bootloader_address, size_t start) {
  File flash;
  put(flash, bootloader_address, bootloader());
  put(flash, kPartitionTableOffset, partition_table());
  put(flash, 0x10000, good_image());
  return File(flash.begin() + static_cast<std::ptrdiff_t>(start), flash.end());
}

// An image without its appended SHA-256.
File without_hash(File image) {
  image.resize(image.size() - kDigestSize);
  image[23] = 0;
  return image;
}

// A secure boot v2 signature sector behind `image`, with a block for an RSA key.
File with_signature(File image) {
  image.resize((image.size() + 4095) / 4096 * 4096, 0xFF);
  HostCrypto crypto;
  const Digest digest = sha256(crypto, image).value;
  File sector(kSignatureSectorSize, 0xFF);
  std::fill_n(sector.begin(), 1216, uint8_t{0});
  sector[0] = 0xE7;
  sector[1] = 2;
  std::copy_n(digest.bytes, kDigestSize, sector.begin() + 4);
  store_le32(&sector[1196], crc32(0, Bytes(sector).part(0, 1196)));
  put(image, image.size(), sector);
  return image;
}

void expect_refused(const File& file, Error error, size_t offset, const char* part_of_reason) {
  try {
    inspect_image(file);
    FAIL() << "accepted";
  } catch (const ImageRefused& refusal) {
    EXPECT_EQ(name(error), name(refusal.error)) << refusal.what();
    EXPECT_EQ(offset, refusal.offset) << refusal.what();
    const std::string line = refusal.what();
    EXPECT_NE(std::string::npos, line.find(part_of_reason)) << line;
    EXPECT_NE(std::string::npos, line.find("offset " + std::to_string(offset))) << line;
    EXPECT_EQ(std::string::npos, line.find('\n'));
  }
}

TEST(ImageReport, TellsWhatTheImageSays) {
  const File image = good_image();
  const ImageReport report = inspect_image(image);
  EXPECT_EQ("demo", report.stated_product());
  EXPECT_EQ("1.0.1", report.stated_version());
  EXPECT_EQ("v5.5.1", report.idf_version);
  EXPECT_EQ(image.size(), report.size_bytes);
  EXPECT_EQ(image.size(), report.image_size_bytes);
  EXPECT_EQ(image.size() - 33, report.checksum_offset);
  EXPECT_EQ(64u * 1024, report.mmu_page_size);
  HostCrypto crypto;
  EXPECT_EQ(sha256(crypto, image).value, report.sha256);
  EXPECT_EQ(MemoryKind::drom, report.segments[0].memory);
  EXPECT_EQ(MemoryKind::irom, report.segments[3].memory);
}

TEST(ImageReport, PrefersTheMarkerToTheDescription) {
  File image = good_image();
  std::fill_n(image.begin() + kAppDescriptionOffset + 16, 64, uint8_t{0});
  seal_image(image);
  const ImageReport report = inspect_image(image);
  EXPECT_EQ("", report.version);
  EXPECT_EQ("1.0.1", report.stated_version());
  EXPECT_EQ("demo", report.stated_product());
}

TEST(ImageReport, ShowsUnprintableTextAsQuestionMarks) {
  File image = good_image();
  image[kAppDescriptionOffset + 16] = 0x1B;
  seal_image(image);
  EXPECT_EQ("?.0.1", inspect_image(image).version);
}

TEST(ImageReport, RecognisesASignatureSector) {
  const File image = with_signature(good_image());
  const ImageReport report = inspect_image(image);
  EXPECT_EQ(SignatureKind::rsa_3072, report.signature.kind);
  EXPECT_EQ(image.size() - 4096, report.signature.offset);
  EXPECT_EQ(image.size(), report.size_bytes);
}

TEST(ImageReport, RefusesAnEmptyFile) { expect_refused({}, Error::truncated, 0, "empty"); }

TEST(ImageReport, RefusesWhatIsNoImage) {
  expect_refused(File(100, 0x00), Error::bad_magic, 0, "not an ESP image");
  expect_refused(text_file("\x7F"
                           "ELF and so on"),
                 Error::bad_magic, 0, "ELF");
  expect_refused(text_file("\x1F\x8B\x08 and so on"), Error::bad_magic, 0, "gzip");
  expect_refused(text_file("PK\x03\x04 and so on"), Error::bad_magic, 0, "zip");
  expect_refused(text_file("UF2\nWQ]"), Error::bad_magic, 0, "UF2");
  expect_refused(text_file("<html>Not found</html>\r\n"), Error::bad_magic, 0, "text file");
  expect_refused(File(4096, 0xFF), Error::bad_magic, 0, "erased flash");
}

TEST(ImageReport, RefusesAPartitionTable) {
  expect_refused(partition_table(), Error::bad_magic, 0, "partition table");
}

TEST(ImageReport, RefusesOtadata) {
  File otadata(8192, 0xFF);
  store_le32(otadata.data(), 1);
  store_le32(&otadata[28], 0x4743989A);
  expect_refused(otadata, Error::bad_magic, 0, "otadata");
}

TEST(ImageReport, RefusesABootloader) {
  expect_refused(bootloader(), Error::no_app_description, kAppDescriptionOffset, "a bootloader");
}

TEST(ImageReport, RefusesAnImageWithoutDescription) {
  File image = good_image();
  image[kAppDescriptionOffset] ^= 1;
  seal_image(image);
  expect_refused(image, Error::no_app_description, kAppDescriptionOffset, "no application");
}

TEST(ImageReport, RefusesAMergedBinaryFromAddressZero) {
  expect_refused(merged(0, 0), Error::no_app_description, 0x8000, "merged");
  expect_refused(merged(0x1000, 0), Error::no_app_description, 0x8000, "merged");
  expect_refused(merged(0x2000, 0), Error::no_app_description, 0x8000, "merged");
}

TEST(ImageReport, RefusesAMergedBinaryFromTheBootloaderOn) {
  expect_refused(merged(0x1000, 0x1000), Error::no_app_description, 0x7000, "merged");
  expect_refused(merged(0x2000, 0x2000), Error::no_app_description, 0x6000, "merged");
}

TEST(ImageReport, RefusesWhatIsCutAnywhere) {
  const File image = good_image(4096);
  for (size_t size = 1; size < image.size(); ++size) {
    const File cut(image.begin(), image.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_THROW(inspect_image(cut), ImageRefused) << size;
  }
}

TEST(ImageReport, NamesWhereACutImageEnds) {
  File image = good_image();
  const size_t header = segment_header(image, 3);
  File cut(image.begin(), image.begin() + 20);
  expect_refused(cut, Error::truncated, 20, "inside the image header");
  cut.assign(image.begin(), image.begin() + static_cast<std::ptrdiff_t>(header) + 100);
  expect_refused(cut, Error::truncated, header + 4, "ends too early");
  cut.assign(image.begin(), image.end() - 1);
  expect_refused(cut, Error::truncated, image.size() - 32, "ends too early");
}

TEST(ImageReport, NoticesAnyFlippedBit) {
  File image = good_image(4096);
  for (size_t i = 0; i < image.size(); ++i) {
    image[i] ^= 0x10;
    EXPECT_THROW(inspect_image(image), ImageRefused) << i;
    image[i] ^= 0x10;
  }
  EXPECT_NO_THROW(inspect_image(image));
}

TEST(ImageReport, NamesTheChecksumWhenASegmentIsDamaged) {
  File image = good_image();
  image[30000] ^= 1;
  expect_refused(image, Error::bad_checksum, image.size() - 33, "checksum");
}

TEST(ImageReport, NamesTheHashWhenTheHeaderIsDamaged) {
  File image = good_image();
  image[5] ^= 1;
  expect_refused(image, Error::bad_hash, image.size() - 32, "SHA-256");
}

TEST(ImageReport, RefusesAnImageWithoutHash) {
  expect_refused(without_hash(good_image()), Error::no_appended_hash, 23, "no SHA-256");
}

TEST(ImageReport, DescribesAnImageWithoutHash) {
  const ImageReport report = describe_image(without_hash(good_image()));
  EXPECT_FALSE(report.header.hash_appended);
  EXPECT_TRUE(report.appended_sha256.is_zero());
  EXPECT_EQ("demo", report.project_name);
}

TEST(ImageReport, RefusesSegmentCountsThatNoBootloaderTakes) {
  File image = good_image();
  image[1] = 0;
  expect_refused(image, Error::out_of_range, 1, "0 segments");
  image[1] = 17;
  expect_refused(image, Error::out_of_range, 1, "17 segments");
}

TEST(ImageReport, RefusesASegmentSizeThatIsNoMultipleOfFour) {
  File image = good_image();
  const size_t header = segment_header(image, 1);
  image[header + 4] |= 2;
  expect_refused(image, Error::malformed, header + 4, "multiple of 4");
}

TEST(ImageReport, RefusesASegmentOfSixteenMegabytes) {
  File image = good_image();
  const size_t header = segment_header(image, 2);
  image[header + 7] = 1;
  expect_refused(image, Error::too_large, header + 4, "16 MiB");
}

TEST(ImageReport, RefusesAnUnknownChip) {
  File image = good_image();
  store_le16(&image[12], 0x00FE);
  seal_image(image);
  expect_refused(image, Error::wrong_chip, 12, "chip id 254");
}

TEST(ImageReport, RefusesRevisionsTheWrongWayRound) {
  File image = good_image();
  store_le16(&image[15], 300);
  store_le16(&image[17], 200);
  seal_image(image);
  expect_refused(image, Error::out_of_range, 15, "revision");
}

TEST(ImageReport, RefusesAMappedSegmentOffItsPage) {
  File image = good_image();
  const size_t header = segment_header(image, 3);
  store_le32(&image[header], load_le32(&image[header]) + 16);
  seal_image(image);
  expect_refused(image, Error::malformed, header, "page");
}

// An image that states no page size and has its code on a page of 16 KiB.
File on_a_small_page(const char* chip) {
  ImageRecipe recipe;
  recipe.chip = find_chip(Text(chip))->id;
  recipe.product = "demo";
  recipe.version = "1.0.1";
  File image = make_image(recipe);
  image[kAppDescriptionOffset + 180] = 0;
  const size_t header = segment_header(image, 3);
  store_le32(&image[header], load_le32(&image[header]) + 16 * 1024);
  seal_image(image);
  return image;
}

TEST(ImageReport, TakesSmallPagesWhereAnOldImageMayHaveThem) {
  EXPECT_EQ(0u, inspect_image(on_a_small_page("esp32c2")).mmu_page_size);
  EXPECT_NO_THROW(inspect_image(on_a_small_page("esp32c6")));
  const File image = on_a_small_page("esp32s3");
  expect_refused(image, Error::malformed, segment_header(image, 3), "page");
}

TEST(ImageReport, RefusesTrailingBytes) {
  File image = good_image();
  const size_t size = image.size();
  image.push_back(0);
  expect_refused(image, Error::trailing_bytes, size, "1 bytes follow");
  image.resize(size + 100000, 0x55);
  expect_refused(image, Error::trailing_bytes, size, "follow the image");
}

TEST(ImageReport, TellsAFlashReadbackByItsErasedEnd) {
  File image = good_image();
  const size_t size = image.size();
  image.resize(1024 * 1024, 0xFF);
  expect_refused(image, Error::trailing_bytes, size, "read back from flash");
}

TEST(ImageReport, RefusesBytesBehindTheSignature) {
  File image = with_signature(good_image());
  const size_t size = image.size();
  image.push_back(0x55);
  expect_refused(image, Error::trailing_bytes, size, "follow");
}

TEST(ImageReport, RefusesASignatureOfOtherBytes) {
  File image = with_signature(good_image());
  File other = good_image(32 * 1024);
  put(other, other.size(), File(image.end() - 4096, image.end()));
  expect_refused(other, Error::bad_hash, 32 * 1024, "signs other bytes");
}

TEST(ImageReport, RefusesADamagedSignature) {
  File image = with_signature(good_image());
  image[image.size() - 4096 + 900] ^= 1;
  expect_refused(image, Error::bad_checksum, 64 * 1024, "damaged");
}

TEST(ImageReport, RefusesAFileThatNoPartitionHolds) {
  expect_refused(File(16 * 1024 * 1024 + 65537, 0xE9), Error::too_large, 16 * 1024 * 1024 + 65536,
                 "16 MiB");
}

}  // namespace
}  // namespace otter
