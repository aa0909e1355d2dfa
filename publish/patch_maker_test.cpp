#include "publish/patch_maker.h"

#include <gtest/gtest.h>

#include "publish/image_maker.h"
#include "publish/program_fixture.h"

namespace otter {
namespace {

using Data = std::vector<uint8_t>;

Data random_bytes(size_t size, uint32_t seed) {
  Dice random(seed);
  Data bytes(size);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  return bytes;
}

Data image(ChipId chip, const std::string& version) {
  ImageRecipe recipe;
  recipe.chip = chip;
  recipe.product = "demo";
  recipe.version = version;
  recipe.size_bytes = 96 * 1024;
  return make_image(recipe);
}

PatchOptions quick(uint32_t memory_size = 32 * 1024) {
  PatchOptions options;
  options.memory_size = memory_size;
  options.tries = 1;
  return options;
}

// The patch's size, having made the result of it.
size_t proved_size(const Data& base, const Data& result, uint32_t memory_size = 32 * 1024) {
  const Data patch = make_patch(base, result, quick(memory_size));
  EXPECT_EQ(apply_patch(base, patch), result);
  return patch.size();
}

PatchMethod method_of(const Data& base, const Data& result) {
  return parse_patch_header(make_patch(base, result, quick())).value.method;
}

TEST(PatchMaker, NothingAndOneByte) {
  for (const Data& base : {Data(), Data{7}}) {
    for (const Data& result : {Data(), Data{7}, Data{8}}) {
      EXPECT_LE(proved_size(base, result), kPatchHeaderSize + 8);
    }
  }
}

TEST(PatchMaker, SameBytesCostAlmostNothing) {
  const Data bytes = random_bytes(20000, 1);
  EXPECT_LT(proved_size(bytes, bytes), kPatchHeaderSize + 30);
}

TEST(PatchMaker, OtherBytesCostNoMoreThanThemselves) {
  EXPECT_LT(proved_size(random_bytes(20000, 1), random_bytes(20000, 2)), 20000u * 102 / 100 + 96);
}

TEST(PatchMaker, WithoutABaseRepetitionsAreFound) {
  Data bytes = random_bytes(5000, 3);
  const Data once = bytes;
  bytes.insert(bytes.end(), once.begin(), once.end());
  EXPECT_LT(proved_size({}, bytes), 5200u);
}

TEST(PatchMaker, WholeImagesOfEachMemorySizeAndChip) {
  for (const ChipId chip : {ChipId{0}, ChipId{5}, ChipId{9}, ChipId{13}}) {
    const Data result = image(chip, "1.0.0");
    for (const uint32_t memory_size : kPatchMemorySizes) {
      EXPECT_LT(proved_size({}, result, memory_size), result.size() * 7 / 10) << chip;
    }
  }
}

TEST(PatchMaker, EachMemorySizeAndChip) {
  for (const ChipId chip : {ChipId{0}, ChipId{5}, ChipId{9}, ChipId{13}}) {
    const Data base = image(chip, "1.0.0");
    const Data result = image(chip, "1.0.1");
    for (const uint32_t memory_size : kPatchMemorySizes) {
      EXPECT_LT(proved_size(base, result, memory_size), result.size() / 10) << chip;
    }
  }
}

TEST(PatchMaker, KnowsCodeFromBytes) {
  EXPECT_EQ(method_of(image(0, "1.0.0"), image(0, "1.0.1")), PatchMethod::xtensa);
  EXPECT_EQ(method_of(image(5, "1.0.0"), image(5, "1.0.1")), PatchMethod::riscv);
  EXPECT_EQ(method_of(image(5, "1.0.0"), image(0, "1.0.1")), PatchMethod::bytes);
  EXPECT_EQ(method_of(random_bytes(100, 1), image(0, "1.0.1")), PatchMethod::bytes);
}

void mutate(LinkedProgram& program, uint32_t kind) {
  switch (kind % 4) {
    case 0:
      return program.insert_function();
    case 1:
      return program.remove_function();
    case 2:
      return program.move_function();
    default:
      return program.change_function();
  }
}

TEST(PatchMaker, WhatOnlyMovedCostsAlmostNothing) {
  for (const ChipId chip : {ChipId{5}, ChipId{9}}) {
    LinkedProgram program(chip, 300, 1);
    const Data base = program.link();
    program.insert_function();
    const Data result = program.link();
    const size_t size = proved_size(base, result);
    EXPECT_LT(size, kPatchHeaderSize + 350) << chip;  // the function's own bytes, about
    program.remove_function();
    EXPECT_LT(proved_size(result, program.link()), kPatchHeaderSize + 300) << chip;
  }
}

TEST(PatchMaker, RandomMutationsOfPrograms) {
  Dice random(5);
  for (uint32_t round = 0; round < 24; ++round) {
    LinkedProgram program(round % 2 == 0 ? ChipId{5} : ChipId{9}, 60, round);
    const Data base = program.link();
    const uint32_t count = random() % 12;
    for (uint32_t i = 0; i < count; ++i) mutate(program, random());
    const Data result = program.link();
    EXPECT_LT(proved_size(base, result, kPatchMemorySizes[round % 3]), 200 + 200 * count);
    proved_size(result, base);
  }
}

TEST(PatchMaker, FarMoreBlocksThanTheMapHolds) {
  LinkedProgram program(9, 800, 3);
  const Data base = program.link();
  for (int i = 0; i < 400; ++i) program.move_function();
  EXPECT_LT(proved_size(base, program.link(), kPatchMemorySizes[0]), base.size() / 4);
}

TEST(PatchMaker, CutGluedAndSpoiledImages) {
  Dice random(6);
  for (int round = 0; round < 20; ++round) {
    LinkedProgram program(round % 2 == 0 ? ChipId{5} : ChipId{9}, 100, 2);
    Data base = program.link();
    program.move_function();
    Data result = program.link();
    result.resize(random() % result.size());
    base.resize(random() % base.size());
    if (round % 3 == 0) result.insert(result.end(), base.begin(), base.end());
    for (int i = 0; i < 30 && !result.empty(); ++i) {
      result[random() % result.size()] = static_cast<uint8_t>(random());
    }
    proved_size(base, result);
  }
}

TEST(PatchMaker, TheSameInputsGiveTheSamePatch) {
  const Data base = image(0, "1.0.0");
  const Data result = image(0, "1.0.1");
  EXPECT_EQ(make_patch(base, result, quick()), make_patch(base, result, quick()));
}

TEST(PatchMaker, MoreTriesAreNeverLarger) {
  const Data base = image(0, "1.0.0");
  const Data result = image(0, "1.0.1");
  PatchOptions options;
  std::vector<int> told;
  options.progress = [&](int done, int) { told.push_back(done); };
  EXPECT_LE(make_patch(base, result, options).size(), make_patch(base, result, quick()).size());
  EXPECT_EQ(told.size(), static_cast<size_t>(options.tries));
}

TEST(PatchMaker, WhatIsAllNewIsTriedOnce) {
  PatchOptions options;
  int tries = 0;
  options.progress = [&](int, int) { ++tries; };
  make_patch(random_bytes(5000, 1), random_bytes(5000, 2), options);
  EXPECT_EQ(tries, 1);
}

TEST(PatchMaker, AnotherBaseIsRefused) {
  const Data base = image(0, "1.0.0");
  const Data patch = make_patch(base, image(0, "1.0.1"), quick());
  EXPECT_THROW(apply_patch(image(0, "1.0.1"), patch), std::runtime_error);
  EXPECT_THROW(apply_patch(Data(), patch), std::runtime_error);
}

TEST(PatchMaker, AnotherResultIsRefused) {
  const Data base = image(0, "1.0.0");
  Data patch = make_patch(base, image(0, "1.0.1"), quick());
  PatchHeader header = parse_patch_header(patch).value;
  header.result_sha256.bytes[0] ^= 1;
  write_patch_header(header, patch);
  EXPECT_THROW(apply_patch(base, patch), std::runtime_error);
  EXPECT_THROW(apply_patch(base, Data(96, 0)), std::runtime_error);
}

TEST(PatchMaker, ImagesOf16MibAreRefused) {
  const Data large(16 * 1024 * 1024, 0);
  EXPECT_THROW(make_patch({}, large, quick()), std::runtime_error);
}

}  // namespace
}  // namespace otter
