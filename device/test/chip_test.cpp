#include "ota/wire/chip.h"

#include <map>

#include "device/test/printers.h"

namespace otter {
namespace {

struct Expected {
  ChipId id;
  uint32_t bootloader_offset;
  bool is_riscv;
};

// ESP-IDF v5.5: esp_app_format.h (esp_chip_id_t), components/bootloader/Kconfig.projbuild
// (BOOTLOADER_OFFSET_IN_FLASH), components/soc/*/include/soc/Kconfig (IDF_TARGET_ARCH)
const std::map<std::string, Expected> kExpected = {
    {"esp32", {0x0000, 0x1000, false}}, {"esp32s2", {0x0002, 0x1000, false}},
    {"esp32c3", {0x0005, 0x0, true}},   {"esp32s3", {0x0009, 0x0, false}},
    {"esp32c2", {0x000C, 0x0, true}},   {"esp32c6", {0x000D, 0x0, true}},
    {"esp32h2", {0x0010, 0x0, true}},   {"esp32p4", {0x0012, 0x2000, true}},
    {"esp32c61", {0x0014, 0x0, true}},  {"esp32c5", {0x0017, 0x2000, true}},
    {"esp32h21", {0x0019, 0x0, true}},  {"esp32h4", {0x001C, 0x2000, true}}};

TEST(Chip, AgreesWithEspIdf) {
  for (const auto& [name, expected] : kExpected) {
    const Chip* chip = find_chip(Text(name));
    ASSERT_NE(chip, nullptr) << name;
    EXPECT_EQ(chip->id, expected.id) << name;
    EXPECT_EQ(chip->bootloader_offset, expected.bootloader_offset) << name;
    EXPECT_EQ(chip->is_riscv, expected.is_riscv) << name;
  }
}

TEST(Chip, IsFoundByIdAndByName) {
  size_t count = 0;
  const Chip* chips = all_chips(&count);
  ASSERT_EQ(count, kExpected.size());
  for (size_t i = 0; i < count; ++i) {
    EXPECT_EQ(find_chip(chips[i].id), &chips[i]);
    EXPECT_EQ(find_chip(Text(chips[i].name)), &chips[i]);
    EXPECT_EQ(chip_name(chips[i].id), Text(chips[i].name));
  }
}

TEST(Chip, UnknownOnesAreNotFound) {
  EXPECT_EQ(find_chip(ChipId{0x0001}), nullptr);
  EXPECT_EQ(find_chip(kChipUnknown), nullptr);
  EXPECT_EQ(chip_name(kChipUnknown), Text("unknown"));
  for (const char* name : {"", "ESP32", "esp32-c3", "esp", "esp8266", "unknown"}) {
    EXPECT_EQ(find_chip(Text(name)), nullptr) << name;
  }
}

}  // namespace
}  // namespace otter
