#include "publish/flash_plan.h"

#include <gmock/gmock.h>

#include "publish/partition_csv.h"

namespace otter {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kTable[] =
    "nvs,data,nvs,0x9000,0x4000\n"
    "otadata,data,ota,0xd000,0x2000\n"
    "ota_0,app,ota_0,0x10000,1M\n"
    "ota_1,app,ota_1,,1M\n";

FlashParts parts_of(const std::string& csv = kTable, const char* chip = "esp32c3") {
  FlashParts parts;
  parts.chip = find_chip(Text(chip));
  parts.table = parse_partition_csv(csv, 4 * 1024 * 1024);
  parts.bootloader = {"boot.bin", 0x5000};
  parts.table_file = {"table.bin", 0xC00};
  parts.otadata = {"otadata.bin", 0x2000};
  parts.app = {"app.bin", 0x80000};
  parts.nvs = {"nvs.bin", 0x4000};
  return parts;
}

std::vector<std::string> plan(const FlashParts& parts) {
  std::vector<std::string> lines;
  for (const FlashFile& file : plan_flash(parts)) {
    char offset[16];
    snprintf(offset, sizeof(offset), "0x%x ", file.offset);
    lines.push_back(offset + file.path);
  }
  return lines;
}

std::string refusal(const FlashParts& parts) {
  try {
    plan_flash(parts);
    return "taken";
  } catch (const FlashPlanError& error) {
    return error.what();
  }
}

TEST(FlashPlan, PutsEachFileInItsPlace) {
  EXPECT_THAT(plan(parts_of()), ElementsAre("0x0 boot.bin", "0x8000 table.bin", "0x9000 nvs.bin",
                                            "0xd000 otadata.bin", "0x10000 app.bin"));
}

// components/bootloader/Kconfig.projbuild: BOOTLOADER_OFFSET_IN_FLASH, ESP-IDF v5.5 and v6.0
TEST(FlashPlan, PutsTheBootloaderWhereTheChipsRomLooks) {
  const std::pair<const char*, const char*> places[] = {
      {"esp32", "0x1000 boot.bin"},   {"esp32s2", "0x1000 boot.bin"},
      {"esp32s3", "0x0 boot.bin"},    {"esp32c2", "0x0 boot.bin"},
      {"esp32c3", "0x0 boot.bin"},    {"esp32c6", "0x0 boot.bin"},
      {"esp32h2", "0x0 boot.bin"},    {"esp32c61", "0x0 boot.bin"},
      {"esp32c5", "0x2000 boot.bin"}, {"esp32p4", "0x2000 boot.bin"},
  };
  for (const auto& [chip, place] : places) {
    EXPECT_EQ(place, plan(parts_of(kTable, chip)).front()) << chip;
  }
}

TEST(FlashPlan, PutsTheAppWhereTheBootloaderBegins) {
  const std::string csv =
      "nvs,data,nvs,0x9000,0x4000\notadata,data,ota,0xd000,0x2000\n"
      "ota_0,app,ota_0,0x10000,1M\nfactory,app,factory,,1M\n";
  EXPECT_EQ("0x110000 app.bin", plan(parts_of(csv)).back());
}

TEST(FlashPlan, LeavesOutWhatIsNotGiven) {
  FlashParts parts = parts_of();
  parts.bootloader = parts.table_file = parts.otadata = parts.app = FlashFile();
  EXPECT_THAT(plan(parts), ElementsAre("0x9000 nvs.bin"));
  parts.nvs = FlashFile();
  EXPECT_THAT(refusal(parts), HasSubstr("no file to flash"));
}

TEST(FlashPlan, HasTheTableWhereTheBuildPutsIt) {
  FlashParts parts = parts_of("nvs,data,nvs,0x11000,0x4000\nota_0,app,ota_0,0x20000,1M\n");
  parts.otadata = FlashFile();
  parts.table_offset = 0x10000;
  parts.bootloader.size_bytes = 0xF000;
  EXPECT_EQ("0x10000 table.bin", plan(parts)[1]);
}

TEST(FlashPlan, RefusesAnNvsImageOfAnotherSize) {
  FlashParts parts = parts_of();
  for (const uint32_t size : {0x3000u, 0x6000u}) {
    parts.nvs.size_bytes = size;
    EXPECT_THAT(refusal(parts), HasSubstr("the partition 'nvs' has 0x4000"));
  }
}

TEST(FlashPlan, PutsTheNvsKeysIntoTheirPartition) {
  FlashParts parts = parts_of(std::string(kTable) + "keys,data,nvs_keys,,0x1000,encrypted\n");
  parts.nvs_keys = {"keys.bin", 0x1000};
  EXPECT_EQ("0x210000 keys.bin", plan(parts).back());
  parts = parts_of();
  parts.nvs_keys = {"keys.bin", 0x1000};
  EXPECT_THAT(refusal(parts), HasSubstr("no partition for NVS keys, keys.bin"));
}

TEST(FlashPlan, RefusesFilesWithoutAPlace) {
  FlashParts parts = parts_of("data,data,nvs,0x9000,0x4000\n");
  EXPECT_THAT(refusal(parts), HasSubstr("no partition for otadata, otadata.bin"));
  parts.otadata = FlashFile();
  EXPECT_THAT(refusal(parts), HasSubstr("no partition for an application, app.bin"));
  parts.app = FlashFile();
  EXPECT_THAT(refusal(parts), HasSubstr("no partition 'nvs'"));
}

TEST(FlashPlan, RefusesFilesThatAreTooLarge) {
  FlashParts parts = parts_of();
  parts.app.size_bytes = 0x100001;
  EXPECT_THAT(refusal(parts), HasSubstr("app.bin has 0x100001 bytes, the partition 'ota_0'"));
  parts = parts_of();
  parts.bootloader.size_bytes = 0x8001;
  EXPECT_THAT(refusal(parts), HasSubstr("reaches into table.bin at 0x8000"));
  parts.bootloader.size_bytes = 0x8000;
  EXPECT_EQ("taken", refusal(parts));
}

}  // namespace
}  // namespace otter
