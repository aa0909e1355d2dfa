#include "publish/core_dump.h"

#include <gtest/gtest.h>

#include "publish/core_dump_maker.h"

namespace otter {
namespace {

DumpRecipe recipe_for(const char* chip) {
  DumpRecipe recipe;
  recipe.chip = find_chip(Text(chip))->id;
  recipe.app_elf_sha256 = "55e7bb49f9224862";
  recipe.task = "sensor";
  recipe.pc = 0x4200583C;
  recipe.caller = 0x42005836;
  return recipe;
}

TEST(CoreDump, TellsWhereTheTaskStopped) {
  DumpRecipe recipe = recipe_for("esp32c3");
  recipe.reason = "assert failed: app_main main.c:12";
  const std::optional<CrashFacts> facts = read_core_dump(make_core_dump(recipe));
  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->machine, kMachineRiscv);
  EXPECT_EQ(facts->chip, "esp32c3");
  EXPECT_EQ(facts->app_elf_sha256, "55e7bb49f9224862");
  EXPECT_EQ(facts->tasks, 1U);
  EXPECT_EQ(facts->task, "sensor");
  EXPECT_EQ(facts->pc, 0x4200583CU);
  EXPECT_EQ(facts->caller, 0x42005836U);
  EXPECT_EQ(facts->reason, "assert failed: app_main main.c:12");
}

TEST(CoreDump, TakesTheWindowOutOfAnXtensaReturnAddress) {
  DumpRecipe recipe = recipe_for("esp32");
  recipe.caller = 0x800D1234;
  const std::optional<CrashFacts> facts = read_core_dump(make_core_dump(recipe));
  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->machine, kMachineXtensa);
  EXPECT_EQ(facts->caller, 0x400D1234U);
}

TEST(CoreDump, ReadsTheShorterHeadsOfOtherVersions) {
  for (const ptrdiff_t size : {12, 20}) {
    std::vector<uint8_t> dump = make_core_dump(recipe_for("esp32c3"));
    dump.erase(dump.begin() + size, dump.begin() + 24);
    ASSERT_TRUE(read_core_dump(dump).has_value()) << size;
    EXPECT_EQ(read_core_dump(dump)->task, "sensor") << size;
  }
}

TEST(CoreDump, ShowsNoUnprintableName) {
  DumpRecipe recipe = recipe_for("esp32c3");
  recipe.task = "ab\ncd";
  EXPECT_EQ(read_core_dump(make_core_dump(recipe))->task, "ab");
}

TEST(CoreDump, RefusesWhatIsNone) {
  EXPECT_FALSE(read_core_dump(Bytes()).has_value());
  EXPECT_FALSE(read_core_dump(std::vector<uint8_t>(4096, 0xFF)).has_value());
  std::vector<uint8_t> dump = make_core_dump(recipe_for("esp32c3"));
  dump[24 + 16] = 2;  // an executable file
  EXPECT_FALSE(read_core_dump(dump).has_value());
}

TEST(CoreDump, ReadsWhatIsCutOffAsFarAsItGoes) {
  const std::vector<uint8_t> whole = make_core_dump(recipe_for("esp32c3"));
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::vector<uint8_t> front(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    const std::optional<CrashFacts> facts = read_core_dump(front);
    EXPECT_EQ(facts.has_value(), size >= 24 + 52) << size;
    EXPECT_FALSE(is_whole_core_dump(front)) << size;
  }
  EXPECT_TRUE(is_whole_core_dump(whole));
}

TEST(CoreDump, PassesOverNotesWithoutEnd) {
  std::vector<uint8_t> dump = make_core_dump(recipe_for("esp32c3"));
  // The first note's name and data are as long as can be.
  for (size_t i = 0; i < 8; ++i) dump[24 + 52 + 4 * 32 + i] = 0xFF;
  const std::optional<CrashFacts> facts = read_core_dump(dump);
  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->tasks, 0U);
  EXPECT_EQ(facts->pc, 0U);
  EXPECT_EQ(facts->app_elf_sha256, "55e7bb49f9224862");
}

TEST(CoreDumpMaker, KnowsTheSizeOfADump) {
  const std::vector<uint8_t> dump = make_core_dump(recipe_for("esp32c3"));
  EXPECT_EQ(core_dump_size(dump), dump.size());
  EXPECT_EQ(core_dump_size(std::vector<uint8_t>(64, 0xFF)), 0U);
  EXPECT_EQ(core_dump_size({1, 0}), 0U);
  std::vector<uint8_t> spoilt = dump;
  spoilt[100] ^= 1;
  EXPECT_FALSE(is_whole_core_dump(spoilt));
}

}  // namespace
}  // namespace otter
