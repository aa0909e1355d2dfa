#include "sim/firmware.h"

#include <gtest/gtest.h>

#include "publish/host_crypto.h"
#include "publish/memory_image.h"
#include "sim/sample_image.h"

namespace otter::sim {
namespace {

Firmware read(const std::vector<uint8_t>& bytes) {
  MemoryImage slot(bytes);
  ImageInfo image;
  HostCrypto crypto;
  std::vector<uint8_t> scratch(4096);
  EXPECT_EQ(check_image(slot, crypto, scratch, &image).error, Error::ok);
  const Result<Firmware> firmware = read_firmware(slot, image);
  EXPECT_TRUE(firmware.ok());
  return firmware.value;
}

TEST(Firmware, WithoutAMarkerIsHealthyAndOfItsDescription) {
  const Firmware firmware = read(unmarked_image());
  EXPECT_EQ(firmware.product, "thermostat");
  EXPECT_EQ(firmware.version, "1.0.0");
  EXPECT_EQ(firmware.behaviour, Behaviour::healthy);
}

TEST(Firmware, MarkerWinsOverTheDescription) {
  std::vector<uint8_t> bytes = unmarked_image();
  const std::vector<uint8_t> marker = write_firmware_marker({"lamp", "2.0.0", "selftest-fail"});
  std::copy(marker.begin(), marker.end(), bytes.begin() + kImageHeadSize);
  seal_image(bytes);
  const Firmware firmware = read(bytes);
  EXPECT_EQ(firmware.product, "lamp");
  EXPECT_EQ(firmware.version, "2.0.0");
  EXPECT_EQ(firmware.behaviour, Behaviour::selftest_fail);
}

TEST(Firmware, SaysThatItCannotBeRead) {
  const std::vector<uint8_t> bytes = sample_image();
  MemoryImage slot(bytes);
  ImageInfo image;
  image.size_bytes = static_cast<uint32_t>(bytes.size() + 1);
  EXPECT_EQ(read_firmware(slot, image).error, Error::flash_io);
}

TEST(Behaviour, HasANameForEach) {
  for (const char* text : {"healthy", "crash", "hang", "selftest-fail", "no-network"}) {
    const std::optional<Behaviour> behaviour = behaviour_named(text);
    ASSERT_TRUE(behaviour) << text;
    EXPECT_STREQ(name(*behaviour), text);
    EXPECT_TRUE(is_behaviour(text));
  }
  EXPECT_FALSE(behaviour_named("sleepy"));
}

}  // namespace
}  // namespace otter::sim
