#include "publish/firmware_marker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "ota/esp_image.h"

namespace otter {
namespace {

const FirmwareMarker kMarker{"demo", "1.0.1-rc1", "hang"};

// An image of one segment with `content`; checksum and hash are not looked at.
std::vector<uint8_t> image_with(const std::vector<uint8_t>& content) {
  constexpr size_t kFront = kImageHeaderSize + kSegmentHeaderSize;
  std::vector<uint8_t> image(kFront + content.size());
  image[0] = kImageMagic;
  image[1] = 1;
  store_le32(&image[kImageHeaderSize + 4], static_cast<uint32_t>(content.size()));
  std::copy(content.begin(), content.end(), image.begin() + kFront);
  return image;
}

std::vector<uint8_t> padded_by(size_t bytes) {
  std::vector<uint8_t> content(bytes, 0x55);
  const auto marker = write_firmware_marker(kMarker);
  content.insert(content.end(), marker.begin(), marker.end());
  content.resize((content.size() + 3) / 4 * 4);
  return content;
}

TEST(FirmwareMarker, ReadsBackWhatItWrote) {
  const auto found = find_firmware_marker(image_with(padded_by(0)));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ("demo", found->product);
  EXPECT_EQ("1.0.1-rc1", found->version);
  EXPECT_EQ("hang", found->behaviour);
}

TEST(FirmwareMarker, HasTheDocumentedBytes) {
  const auto raw = write_firmware_marker(kMarker);
  ASSERT_EQ(kFirmwareMarkerSize, raw.size());
  EXPECT_EQ(0, memcmp(raw.data(),
                      "OTTER-FIRMWARE\x01\x00"
                      "demo\0",
                      21));
  EXPECT_EQ(0, memcmp(raw.data() + 48, "1.0.1-rc1\0", 10));
  EXPECT_EQ(0, memcmp(raw.data() + 80, "hang\0", 5));
}

TEST(FirmwareMarker, IsFoundAtMultiplesOfFourOnly) {
  EXPECT_TRUE(find_firmware_marker(image_with(padded_by(400))).has_value());
  EXPECT_FALSE(find_firmware_marker(image_with(padded_by(402))).has_value());
}

TEST(FirmwareMarker, MayFillItsFields) {
  const FirmwareMarker full{std::string(32, 'p'), std::string(32, '1'), std::string(16, 'b')};
  const auto found = find_firmware_marker(image_with(write_firmware_marker(full)));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(full.product, found->product);
  EXPECT_EQ(full.version, found->version);
  EXPECT_EQ(full.behaviour, found->behaviour);
}

TEST(FirmwareMarker, IsNotFoundWhereItIsCut) {
  std::vector<uint8_t> content = padded_by(8);
  content.erase(content.end() - 4, content.end());
  EXPECT_FALSE(find_firmware_marker(image_with(content)).has_value());
}

TEST(FirmwareMarker, IsNotFoundBehindTheSegments) {
  std::vector<uint8_t> image = image_with(std::vector<uint8_t>(64));
  const auto marker = write_firmware_marker(kMarker);
  image.insert(image.end(), marker.begin(), marker.end());
  EXPECT_FALSE(find_firmware_marker(image).has_value());
}

TEST(FirmwareMarker, PassesOverTheMagicInTheCodeThatLooksForIt) {
  std::vector<uint8_t> content = write_firmware_marker(kMarker);
  content[16] = 0xC3;  // no product begins so
  const auto behind = padded_by(0);
  content.insert(content.end(), behind.begin(), behind.end());
  const auto found = find_firmware_marker(image_with(content));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ("demo", found->product);
}

TEST(FirmwareMarker, IsNotFoundInWhatIsNoImage) {
  EXPECT_FALSE(find_firmware_marker(padded_by(0)).has_value());
  EXPECT_FALSE(find_firmware_marker(Bytes()).has_value());
  std::vector<uint8_t> image = image_with(padded_by(0));
  store_le32(&image[kImageHeaderSize + 4], 0xFFFFFFFC);
  EXPECT_FALSE(find_firmware_marker(image).has_value());
}

TEST(FirmwareMarker, RefusesFieldsThatCanNotBeRead) {
  EXPECT_THROW(write_firmware_marker({"", "1.0", ""}), std::invalid_argument);
  EXPECT_THROW(write_firmware_marker({"a b", "1.0", ""}), std::invalid_argument);
  EXPECT_THROW(write_firmware_marker({"demo", "", ""}), std::invalid_argument);
  EXPECT_THROW(write_firmware_marker({"demo", "1.0", "a b"}), std::invalid_argument);
  EXPECT_THROW(write_firmware_marker({std::string(33, 'p'), "1.0", ""}), std::invalid_argument);
  EXPECT_THROW(write_firmware_marker({"demo", "1.0", std::string(17, 'b')}), std::invalid_argument);
}

TEST(FirmwareMarker, IsReadFromItsPage) {
  std::ifstream file(std::string(OTTER_SOURCE_DIR) + "/docs/spec/firmware-marker.md");
  std::string line;
  while (std::getline(file, line) && line != "```hex") continue;
  std::vector<uint8_t> bytes;
  while (std::getline(file, line) && line != "```") {
    std::istringstream row(line);
    for (unsigned byte = 0; row >> std::hex >> byte;) bytes.push_back(static_cast<uint8_t>(byte));
  }
  EXPECT_EQ(write_firmware_marker({"lamp", "1.0.1", "crash"}), bytes);
  const auto found = find_firmware_marker(image_with(bytes));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ("crash", found->behaviour);
}

}  // namespace
}  // namespace otter
