#include "publish/manifest_builder.h"

#include <gtest/gtest.h>

#include "publish/host_crypto.h"
#include "publish/image_maker.h"
#include "publish/text.h"

namespace otter {
namespace {

struct Case {
  std::vector<uint8_t> image;
  ImageReport report;
};

Case made(const char* chip, uint32_t size) {
  ImageRecipe recipe;
  recipe.chip = find_chip(Text(chip))->id;
  recipe.product = "lamp";
  recipe.version = "1.0.1";
  recipe.size_bytes = size;
  recipe.secure_version = 3;
  recipe.min_revision = 101;
  recipe.max_revision = 199;
  Case out;
  out.image = make_image(recipe);
  out.report = inspect_image(out.image);
  return out;
}

ManifestOptions options() {
  ManifestOptions options;
  options.product = "lamp";
  options.version = "1.0.1";
  options.sequence = 7;
  options.created_s = 1790000000;
  return options;
}

std::string build(const Case& image, const ManifestOptions& with) {
  return build_manifest(image.report, image.image, with);
}

void expect_error(const ManifestOptions& with, const char* part_of_reason) {
  try {
    build(made("esp32c3", 65536), with);
    FAIL() << "made it";
  } catch (const ManifestError& error) {
    EXPECT_NE(std::string::npos, std::string(error.what()).find(part_of_reason)) << error.what();
  }
}

TEST(ManifestBuilder, SaysWhatTheImageSays) {
  const Case image = made("esp32s3", 300 * 1024 + 16);
  const std::string text = build(image, options());
  const Result<Manifest> manifest = parse_manifest(text);
  ASSERT_TRUE(manifest.ok());
  EXPECT_EQ(image.report.header.chip, manifest.value.chip);
  EXPECT_EQ(101, manifest.value.revision_min);
  EXPECT_EQ(199, manifest.value.revision_max);
  EXPECT_EQ(3u, manifest.value.security_version);
  EXPECT_EQ(image.image.size(), manifest.value.image_size_bytes);
  EXPECT_EQ(image.report.sha256, manifest.value.image_sha256);
  EXPECT_EQ(image.report.app_elf_sha256, manifest.value.app_elf_sha256);
  EXPECT_EQ(304u * 1024, manifest.value.min_slot_bytes);
}

TEST(ManifestBuilder, SaysWhatThePublisherSays) {
  ManifestOptions with = options();
  with.channel = "beta";
  with.min_from_version = "0.9";
  with.min_client = "0.1.0";
  with.allow_downgrade = true;
  with.expires_s = with.created_s + 86400;
  with.device = "lamp-1";
  with.min_slot_bytes = 1024 * 1024;
  const std::string text = build(made("esp32c3", 65536), with);
  const Manifest manifest = parse_manifest(text).value;
  EXPECT_EQ("lamp", string_of(manifest.product));
  EXPECT_EQ("beta", string_of(manifest.channel));
  EXPECT_EQ("1.0.1", string_of(manifest.version));
  EXPECT_EQ(7u, manifest.sequence);
  EXPECT_EQ("0.9", string_of(manifest.min_from_version));
  EXPECT_EQ("0.1.0", string_of(manifest.min_client));
  EXPECT_TRUE(manifest.allow_downgrade);
  EXPECT_EQ(with.created_s, manifest.created_s);
  EXPECT_EQ(with.expires_s, manifest.expires_s);
  EXPECT_EQ("lamp-1", string_of(manifest.device));
  EXPECT_EQ(1024u * 1024, manifest.min_slot_bytes);
}

TEST(ManifestBuilder, ListsHardwareAndLayouts) {
  ManifestOptions with = options();
  with.hardware = {"rev-a", "rev-b"};
  with.layouts = {"0123456789abcdef"};
  const std::string text = build(made("esp32c3", 65536), with);
  const Manifest manifest = parse_manifest(text).value;
  EXPECT_EQ("[\"rev-a\",\"rev-b\"]", string_of(manifest.hardware.text()));
  EXPECT_EQ("[\"0123456789abcdef\"]", string_of(manifest.layouts.text()));
}

TEST(ManifestBuilder, DigestsEachBlock) {
  const Case image = made("esp32c3", 200 * 1024);
  const std::string text = build(image, options());
  const Manifest manifest = parse_manifest(text).value;
  ASSERT_EQ(4u, manifest.block_count());
  HostCrypto crypto;
  for (uint32_t i = 0; i < manifest.block_count(); ++i) {
    uint8_t digest[kBlockDigestSize] = {};
    ASSERT_EQ(Error::ok, manifest.block_digest(i, digest));
    const Bytes block = Bytes(image.image).part(i * 65536, manifest.block_size_of(i));
    EXPECT_EQ(Bytes(sha256(crypto, block).value.bytes).part(0, kBlockDigestSize), Bytes(digest));
  }
}

TEST(ManifestBuilder, GrowsTheBlocksUntilTheManifestFits) {
  const std::string small = build(made("esp32c6", 6 * 1024 * 1024), options());
  EXPECT_EQ(64u * 1024, parse_manifest(small).value.block_size_bytes);
  const std::string large = build(made("esp32s3", 16 * 1024 * 1024), options());
  EXPECT_EQ(128u * 1024, parse_manifest(large).value.block_size_bytes);
  EXPECT_LE(large.size(), kManifestSizeMax);
}

TEST(ManifestBuilder, GivesTheSameBytesForTheSameInput) {
  const Case image = made("esp32", 65536);
  EXPECT_EQ(build(image, options()), build(image, options()));
}

TEST(ManifestBuilder, RefusesNamesThatNoDeviceTakes) {
  ManifestOptions with = options();
  with.product = "my lamp";
  expect_error(with, "'my lamp' can't be a product");
  with = options();
  with.channel = "";
  expect_error(with, "channel");
  with = options();
  with.version = "esp-idf: v4.4.3 6407ecb3f8";
  expect_error(with, "can't be a version");
  with = options();
  with.min_from_version = "1/2";
  expect_error(with, "update from");
  with = options();
  with.min_client = "1/2";
  expect_error(with, "client version");
  with = options();
  with.device = "..";
  expect_error(with, "device");
  with = options();
  with.group = "a\"b";
  expect_error(with, "group");
  with = options();
  with.hardware = {"a\\b"};
  expect_error(with, "hardware");
  with = options();
  with.layouts = {"0123"};
  expect_error(with, "layout");
}

TEST(ManifestBuilder, RefusesToContradictTheMarker) {
  ManifestOptions with = options();
  with.product = "fan";
  expect_error(with, "of product 'lamp', not 'fan'");
  with = options();
  with.version = "1.0.2";
  expect_error(with, "version '1.0.1', not '1.0.2'");
}

TEST(ManifestBuilder, RefusesNumbersOutOfRange) {
  ManifestOptions with = options();
  with.sequence = 0;
  expect_error(with, "sequence");
  with.sequence = (uint64_t{1} << 53) + 1;
  expect_error(with, "sequence");
  with = options();
  with.expires_s = with.created_s;
  expect_error(with, "expired");
  with = options();
  with.min_slot_bytes = 65536 - 4096;
  expect_error(with, "can't hold the image");
  with.min_slot_bytes = 16 * 1024 * 1024 + 4096;
  expect_error(with, "16 MiB");
}

TEST(ManifestBuilder, RefusesListsThatDoNotFit) {
  ManifestOptions with = options();
  for (int i = 0; i < 100; ++i) with.hardware.push_back(std::string(60, 'a') + std::to_string(i));
  expect_error(with, "larger than 4096 bytes");
}

}  // namespace
}  // namespace otter
