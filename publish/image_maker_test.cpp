#include "publish/image_maker.h"

#include <gtest/gtest.h>

#include "publish/firmware_marker.h"
#include "publish/image_report.h"

namespace otter {
namespace {

ImageRecipe recipe_for(const char* chip) {
  ImageRecipe recipe;
  recipe.chip = find_chip(Text(chip))->id;
  recipe.product = "demo";
  recipe.version = "1.0.1";
  return recipe;
}

std::vector<std::string> chip_names() {
  size_t count = 0;
  const Chip* chips = all_chips(&count);
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i) names.push_back(chips[i].name);
  return names;
}

size_t differing_bytes(const std::vector<uint8_t>& a, const std::vector<uint8_t>& b) {
  size_t count = 0;
  for (size_t i = 0; i < a.size(); ++i) count += a[i] != b[i] ? 1 : 0;
  return count;
}

class EveryChip : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(ImageMaker, EveryChip, testing::ValuesIn(chip_names()),
                         [](const auto& chip) { return chip.param; });

TEST_P(EveryChip, GivesAnImageThatMayBePublished) {
  const ImageReport report = inspect_image(make_image(recipe_for(GetParam().c_str())));
  EXPECT_EQ(GetParam(), chip_name(report.header.chip).data);
  EXPECT_EQ(256u * 1024, report.size_bytes);
  EXPECT_EQ("demo", report.project_name);
  EXPECT_EQ("1.0.1", report.version);
  EXPECT_FALSE(report.app_elf_sha256.is_zero());
}

TEST_P(EveryChip, LoadsEachSegmentIntoMemoryOfItsOwn) {
  const ImageReport report = inspect_image(make_image(recipe_for(GetParam().c_str())));
  ASSERT_GE(report.segments.size(), 4u);
  for (size_t i = 0; i < report.segments.size(); ++i) {
    const SegmentReport& a = report.segments[i];
    EXPECT_NE(MemoryKind::unknown, a.memory);
    EXPECT_LE(a.load_address + a.data_size, find_memory(report.header.chip, a.load_address).end);
    for (size_t k = 0; k < i; ++k) {
      const SegmentReport& b = report.segments[k];
      EXPECT_TRUE(a.load_address + a.data_size <= b.load_address ||
                  b.load_address + b.data_size <= a.load_address);
    }
  }
}

TEST_P(EveryChip, GivesTheSizesFromTheSmallestToTwoMegabytes) {
  for (const uint32_t size : {4096u, 4112u, 65536u, 300u * 1024, 2048u * 1024}) {
    ImageRecipe recipe = recipe_for(GetParam().c_str());
    recipe.size_bytes = size;
    EXPECT_EQ(size, inspect_image(make_image(recipe)).size_bytes);
  }
}

TEST(ImageMaker, GivesTheSameBytesForTheSameRecipe) {
  EXPECT_EQ(make_image(recipe_for("esp32c3")), make_image(recipe_for("esp32c3")));
}

TEST(ImageMaker, ChangesAFewFunctionsWithTheVersion) {
  ImageRecipe recipe = recipe_for("esp32c3");
  const auto before = make_image(recipe);
  recipe.version = "1.0.2";
  const auto after = make_image(recipe);
  EXPECT_GT(differing_bytes(before, after), before.size() / 200);
  EXPECT_LT(differing_bytes(before, after), before.size() / 8);
  EXPECT_NE(inspect_image(before).app_elf_sha256, inspect_image(after).app_elf_sha256);
}

TEST(ImageMaker, ChangesMostBytesWithTheSeed) {
  ImageRecipe recipe = recipe_for("esp32c3");
  const auto before = make_image(recipe);
  recipe.seed = 2;
  EXPECT_GT(differing_bytes(before, make_image(recipe)), before.size() / 2);
}

TEST(ImageMaker, GivesEachBehaviourAnElfDigestOfItsOwn) {
  ImageRecipe recipe = recipe_for("esp32");
  const Digest healthy = inspect_image(make_image(recipe)).app_elf_sha256;
  recipe.behaviour = "crash";
  EXPECT_NE(healthy, inspect_image(make_image(recipe)).app_elf_sha256);
}

TEST(ImageMaker, StatesSecurityVersionAndRevisions) {
  ImageRecipe recipe = recipe_for("esp32s3");
  recipe.secure_version = 7;
  recipe.min_revision = 102;
  recipe.max_revision = 199;
  const ImageReport report = inspect_image(make_image(recipe));
  EXPECT_EQ(7u, report.secure_version);
  EXPECT_EQ(102, report.header.revision_lowest());
  EXPECT_EQ(199, report.header.revision_highest());
}

TEST(ImageMaker, WritesAMarkerWithTheBehaviour) {
  ImageRecipe recipe = recipe_for("esp32");
  recipe.behaviour = "selftest-fail";
  const auto marker = find_firmware_marker(make_image(recipe));
  ASSERT_TRUE(marker.has_value());
  EXPECT_EQ("selftest-fail", marker->behaviour);
}

void expect_invalid(const ImageRecipe& recipe, const char* part_of_reason) {
  try {
    make_image(recipe);
    FAIL() << "made it";
  } catch (const std::invalid_argument& error) {
    EXPECT_NE(std::string::npos, std::string(error.what()).find(part_of_reason)) << error.what();
  }
}

TEST(ImageMaker, RefusesAnUnknownChip) {
  ImageRecipe recipe = recipe_for("esp32");
  recipe.chip = 0x00FE;
  expect_invalid(recipe, "no such chip");
}

TEST(ImageMaker, RefusesAnUnknownBehaviour) {
  ImageRecipe recipe = recipe_for("esp32");
  recipe.behaviour = "explode";
  expect_invalid(recipe, "no behaviour 'explode'");
}

TEST(ImageMaker, RefusesSizesThatNoImageHas) {
  for (const uint32_t size : {0u, 4080u, 4097u, 16u * 1024 * 1024 + 16}) {
    ImageRecipe recipe = recipe_for("esp32s3");
    recipe.size_bytes = size;
    expect_invalid(recipe, "multiple of 16");
  }
}

TEST(ImageMaker, RefusesWhatTheChipCannotMap) {
  ImageRecipe recipe = recipe_for("esp32c2");
  recipe.size_bytes = 8 * 1024 * 1024;
  expect_invalid(recipe, "can't map");
}

TEST(ImageMaker, RefusesNamesThatDoNotFit) {
  ImageRecipe recipe = recipe_for("esp32");
  recipe.product = std::string(33, 'p');
  expect_invalid(recipe, "longer than");
  recipe = recipe_for("esp32");
  recipe.version = "1.0 beta";
  expect_invalid(recipe, "can't be a version");
}

TEST(ImageMaker, RefusesRevisionsTheWrongWayRound) {
  ImageRecipe recipe = recipe_for("esp32");
  recipe.min_revision = 300;
  recipe.max_revision = 100;
  expect_invalid(recipe, "revision");
}

}  // namespace
}  // namespace otter
