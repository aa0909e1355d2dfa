#include "publish/memory_map.h"

#include <gtest/gtest.h>

namespace otter {
namespace {

ChipId chip(const char* chip_name) { return find_chip(Text(chip_name))->id; }

// Load addresses as they stand in released applications.
TEST(MemoryMap, KnowsWhereApplicationsAreLoaded) {
  EXPECT_EQ(MemoryKind::drom, find_memory(chip("esp32"), 0x3F400020).kind);
  EXPECT_EQ(MemoryKind::rtc, find_memory(chip("esp32"), 0x3FF80067).kind);
  EXPECT_EQ(MemoryKind::dram, find_memory(chip("esp32"), 0x3FFBDB60).kind);
  EXPECT_EQ(MemoryKind::iram, find_memory(chip("esp32"), 0x40080000).kind);
  EXPECT_EQ(MemoryKind::irom, find_memory(chip("esp32"), 0x400D0018).kind);
  EXPECT_EQ(MemoryKind::iram, find_memory(chip("esp32s2"), 0x40024000).kind);
  EXPECT_EQ(MemoryKind::irom, find_memory(chip("esp32s2"), 0x40080020).kind);
  EXPECT_EQ(MemoryKind::iram, find_memory(chip("esp32c3"), 0x40380000).kind);
  EXPECT_EQ(MemoryKind::rtc, find_memory(chip("esp32s3"), 0x600FE000).kind);
  EXPECT_EQ(MemoryKind::flash, find_memory(chip("esp32c6"), 0x42130020).kind);
  EXPECT_EQ(MemoryKind::ram, find_memory(chip("esp32h2"), 0x4080F640).kind);
  EXPECT_EQ(MemoryKind::ram, find_memory(chip("esp32p4"), 0x30100000).kind);
  EXPECT_EQ(MemoryKind::flash, find_memory(chip("esp32c5"), 0x42110020).kind);
}

TEST(MemoryMap, EndsARangeBeforeItsEnd) {
  EXPECT_EQ(MemoryKind::irom, find_memory(chip("esp32c3"), 0x427FFFFF).kind);
  EXPECT_EQ(MemoryKind::unknown, find_memory(chip("esp32c3"), 0x42800000).kind);
}

TEST(MemoryMap, CallsLowAddressesPadding) {
  EXPECT_EQ(MemoryKind::padding, find_memory(chip("esp32c3"), 0).kind);
  EXPECT_EQ(MemoryKind::padding, find_memory(chip("esp32c3"), 4).kind);
}

TEST(MemoryMap, MapsFlashForEveryChip) {
  size_t count = 0;
  const Chip* chips = all_chips(&count);
  for (size_t i = 0; i < count; ++i) {
    EXPECT_TRUE(is_mapped(memory_for(chips[i].id, MemoryKind::drom).kind)) << chips[i].name;
    EXPECT_TRUE(is_mapped(memory_for(chips[i].id, MemoryKind::irom).kind)) << chips[i].name;
    EXPECT_FALSE(is_mapped(memory_for(chips[i].id, MemoryKind::dram).kind)) << chips[i].name;
    EXPECT_NE(MemoryKind::unknown, memory_for(chips[i].id, MemoryKind::iram).kind);
  }
}

TEST(MemoryMap, KnowsNothingOfUnknownChips) {
  EXPECT_EQ(MemoryKind::unknown, find_memory(kChipUnknown, 0x42000000).kind);
  EXPECT_EQ(MemoryKind::unknown, memory_for(kChipUnknown, MemoryKind::irom).kind);
}

}  // namespace
}  // namespace otter
