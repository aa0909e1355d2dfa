#include <string.h>

#include <vector>

#include "device/test/printers.h"
#include "device/test/source_file.h"
#include "ota/esp_image.h"
#include "ota_esp/firmware_marker.h"
#include "publish/firmware_marker.h"

namespace otter {
namespace {

constexpr EmbeddedMarker kLamp("lamp", "1.0.1");

std::vector<uint8_t> marker_bytes(const EmbeddedMarker& marker) {
  const auto* begin = reinterpret_cast<const uint8_t*>(&marker);
  return std::vector<uint8_t>(begin, begin + sizeof(marker));
}

// The example on the format's page, whose firmware also states a behaviour.
std::vector<uint8_t> documented_bytes() {
  const std::string page = read_source_file("docs/spec/firmware-marker.md");
  const size_t begin = page.find("```hex\n") + strlen("```hex\n");
  std::string digits = page.substr(begin, page.find("\n```", begin) - begin);
  std::erase_if(digits, [](char letter) { return letter == ' ' || letter == '\n'; });
  return bytes_of_hex(digits);
}

// An image of one segment that holds `marker`; checksum and hash are not looked at.
std::vector<uint8_t> image_with(const EmbeddedMarker& marker) {
  constexpr size_t kFront = kImageHeaderSize + kSegmentHeaderSize;
  std::vector<uint8_t> image(kFront + sizeof(marker));
  image[0] = kImageMagic;
  image[1] = 1;
  store_le32(&image[kImageHeaderSize + 4], sizeof(marker));
  memcpy(&image[kFront], &marker, sizeof(marker));
  return image;
}

TEST(EmbeddedMarker, HasTheDocumentedBytes) {
  const size_t behaviour = offsetof(EmbeddedMarker, behaviour);
  std::vector<uint8_t> expected = documented_bytes();
  ASSERT_EQ(expected.size(), sizeof(EmbeddedMarker));
  memset(&expected[behaviour], 0, sizeof(EmbeddedMarker::behaviour));
  EXPECT_EQ(marker_bytes(kLamp), expected);
}

TEST(EmbeddedMarker, IsWhatThePublisherFinds) {
  const auto found = find_firmware_marker(image_with(kLamp));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->product, "lamp");
  EXPECT_EQ(found->version, "1.0.1");
  EXPECT_EQ(found->behaviour, "");
}

TEST(EmbeddedMarker, HoldsNamesOf31Characters) {
  constexpr EmbeddedMarker kLongest("abcdefghijklmnopqrstuvwxyz-1234",
                                    "1.0.0-abcdefghijklmnopqrstuvwxy");
  const auto found = find_firmware_marker(image_with(kLongest));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->product, kLongest.product);
  EXPECT_EQ(found->version, kLongest.version);
  EXPECT_EQ(found->version.size(), 31U);
}

}  // namespace
}  // namespace otter
