#include "ota/wire/manifest.h"

#include <array>

#include "device/test/printers.h"
#include "ota/wire/device_facts.h"
#include "publish/base64.h"

namespace otter {
namespace {

constexpr uint32_t kKiB = 1024;

// The digest of block `index` that the manifests here name.
std::vector<uint8_t> digest_of_block(size_t index) {
  std::vector<uint8_t> digest(kBlockDigestSize);
  for (size_t i = 0; i < digest.size(); ++i) digest[i] = static_cast<uint8_t>(index * 16 + i);
  return digest;
}

std::string blocks_of(size_t count) {
  std::vector<uint8_t> all;
  for (size_t i = 0; i < count; ++i) {
    const std::vector<uint8_t> digest = digest_of_block(i);
    all.insert(all.end(), digest.begin(), digest.end());
  }
  return base64_text(all);
}

std::string image_of(uint32_t size, const std::string& blocks) {
  return "\"image\":{\"size\":" + std::to_string(size) + ",\"sha256\":\"" + std::string(64, 'a') +
         "\",\"app_elf_sha256\":\"" + std::string(64, '0') +
         "\",\"block_size\":65536,\"blocks\":\"" + blocks + "\"}";
}

std::string manifest_with(const std::string& image, const std::string& more = "") {
  return "{\"schema\":1,\"product\":\"sensor\",\"channel\":\"stable\",\"sequence\":7,"
         "\"version\":\"1.0.1\",\"chip\":\"esp32c3\",\"created\":1700000000," +
         image + more + "}";
}

std::string manifest_with_more(const std::string& more) {
  return manifest_with(image_of(100000, blocks_of(2)), "," + more);
}

// A good manifest in which `from` is replaced by `to`.
std::string manifest_changed(const std::string& from, const std::string& to) {
  std::string text = manifest_with(image_of(100000, blocks_of(2)));
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

Error error_with(const std::string& more) { return parse_manifest(manifest_with_more(more)).error; }
Error error_changed(const std::string& from, const std::string& to) {
  return parse_manifest(manifest_changed(from, to)).error;
}

TEST(Manifest, ReadsWhatIsRequired) {
  const std::string text = manifest_with(image_of(100000, blocks_of(2)));
  const Result<Manifest> manifest = parse_manifest(text);
  ASSERT_EQ(manifest.error, Error::ok);
  EXPECT_EQ(manifest.value.product, Text("sensor"));
  EXPECT_EQ(manifest.value.channel, Text("stable"));
  EXPECT_EQ(manifest.value.sequence, 7u);
  EXPECT_EQ(manifest.value.version, Text("1.0.1"));
  EXPECT_EQ(manifest.value.chip, 5);
  EXPECT_EQ(manifest.value.created_s, 1700000000);
  EXPECT_EQ(manifest.value.image_size_bytes, 100000u);
  EXPECT_EQ(manifest.value.block_size_bytes, 65536u);
  EXPECT_EQ(hex_of(manifest.value.image_sha256.bytes), std::string(64, 'a'));
  EXPECT_TRUE(manifest.value.app_elf_sha256.is_zero());
}

TEST(Manifest, TheRestHasDefaults) {
  const std::string text = manifest_with(image_of(100000, blocks_of(2)));
  const Manifest manifest = parse_manifest(text).value;
  EXPECT_EQ(manifest.security_version, 0u);
  EXPECT_EQ(manifest.revision_min, 0);
  EXPECT_EQ(manifest.revision_max, 0xFFFF);
  EXPECT_EQ(manifest.hardware.type(), JsonType::null);
  EXPECT_EQ(manifest.layouts.type(), JsonType::null);
  EXPECT_EQ(manifest.min_slot_bytes, 0u);
  EXPECT_EQ(manifest.expires_s, 0);
  EXPECT_FALSE(manifest.allow_downgrade);
  EXPECT_TRUE(manifest.min_from_version.empty());
  EXPECT_TRUE(manifest.min_client.empty());
  EXPECT_TRUE(manifest.device.empty());
  EXPECT_TRUE(manifest.group.empty());
  EXPECT_TRUE(manifest.config_digest.empty());
}

TEST(Manifest, ReadsEverythingElse) {
  const std::string text = manifest_with_more(
      "\"security_version\":4294967295,\"rev_min\":3,\"rev_max\":199,\"hardware\":[\"a1\",\"b:2\"],"
      "\"layouts\":[\"0011223344556677\"],\"min_slot_bytes\":16777216,\"min_from_version\":\"0.9\","
      "\"allow_downgrade\":true,\"min_client\":\"0.1.0\",\"expires\":9007199254740992,"
      "\"device\":\"d:1\",\"group\":\"beta\",\"config_digest\":\"" +
      std::string(64, 'f') + "\",\"crit\":[\"rev_min\",\"image\"],\"unknown\":{\"a\":[null]}");
  const Result<Manifest> manifest = parse_manifest(text);
  ASSERT_EQ(manifest.error, Error::ok);
  EXPECT_EQ(manifest.value.security_version, UINT32_MAX);
  EXPECT_EQ(manifest.value.revision_min, 3);
  EXPECT_EQ(manifest.value.revision_max, 199);
  EXPECT_EQ(manifest.value.hardware.text(), Text("[\"a1\",\"b:2\"]"));
  EXPECT_EQ(manifest.value.min_slot_bytes, 16777216u);
  EXPECT_TRUE(manifest.value.allow_downgrade);
  EXPECT_EQ(manifest.value.expires_s, kJsonIntegerMax);
  EXPECT_EQ(manifest.value.device, Text("d:1"));
  EXPECT_EQ(manifest.value.config_digest.size, 64u);
}

TEST(Manifest, NeedsEachRequiredField) {
  for (const char* key : {"schema", "product", "channel", "sequence", "version", "chip", "created",
                          "image", "size", "sha256", "app_elf_sha256", "block_size", "blocks"}) {
    const std::string quoted = "\"" + std::string(key) + "\"";
    EXPECT_EQ(error_changed(quoted, "\"x_" + std::string(key) + "\""), Error::missing_field) << key;
  }
}

TEST(Manifest, EmptyNamesCountAsMissing) {
  EXPECT_EQ(error_changed("\"sensor\"", "\"\""), Error::missing_field);
  EXPECT_EQ(error_changed("\"stable\"", "\"\""), Error::missing_field);
  EXPECT_EQ(error_changed("\"1.0.1\"", "\"\""), Error::missing_field);
}

TEST(Manifest, RefusesWrongTypes) {
  for (const char* value : {"null", "\"1\"", "true", "[]", "{}"}) {
    EXPECT_EQ(error_changed("\"schema\":1", "\"schema\":" + std::string(value)), Error::wrong_type);
    EXPECT_EQ(error_changed(":7,", ":" + std::string(value) + ","), Error::wrong_type) << value;
    EXPECT_EQ(error_changed("65536", value), Error::wrong_type) << value;
  }
  for (const char* value : {"null", "1", "true", "[]", "{}"}) {
    EXPECT_EQ(error_changed("\"sensor\"", value), Error::wrong_type) << value;
    EXPECT_EQ(error_changed("\"esp32c3\"", value), Error::wrong_type) << value;
    EXPECT_EQ(error_with("\"device\":" + std::string(value)), Error::wrong_type) << value;
    EXPECT_EQ(error_with("\"config_digest\":" + std::string(value)), Error::wrong_type) << value;
  }
}

TEST(Manifest, RefusesWrongTypesOfOptionalFields) {
  for (const char* more :
       {"\"hardware\":null", "\"hardware\":\"a\"", "\"hardware\":[1]", "\"layouts\":{}",
        "\"layouts\":[null]", "\"crit\":\"device\"", "\"crit\":[[]]", "\"allow_downgrade\":1",
        "\"allow_downgrade\":null", "\"rev_min\":\"3\"", "\"expires\":null"}) {
    EXPECT_EQ(error_with(more), Error::wrong_type) << more;
  }
  EXPECT_EQ(error_changed("\"image\":{", "\"image\":[],\"x\":{"), Error::wrong_type);
}

TEST(Manifest, RefusesAnotherSchema) {
  EXPECT_EQ(error_changed("\"schema\":1", "\"schema\":2"), Error::unsupported);
  EXPECT_EQ(error_changed("\"schema\":1", "\"schema\":0"), Error::unsupported);
  EXPECT_EQ(error_changed("\"schema\":1", "\"schema\":-1"), Error::out_of_range);
}

TEST(Manifest, RefusesUnknownChips) {
  EXPECT_EQ(error_changed("esp32c3", "esp32c99"), Error::wrong_chip);
  EXPECT_EQ(error_changed("esp32c3", "ESP32C3"), Error::wrong_chip);
}

TEST(Manifest, RefusesNamesThatCantStandInAUrl) {
  for (const char* value : {"a/b", "..", "a b", "a%2f", "\xC3\xA4"}) {
    EXPECT_EQ(error_changed("sensor", value), Error::malformed) << value;
    EXPECT_EQ(error_changed("stable", value), Error::malformed) << value;
    EXPECT_EQ(error_changed("1.0.1", value), Error::malformed) << value;
    EXPECT_EQ(error_with("\"group\":\"" + std::string(value) + "\""), Error::malformed) << value;
  }
  EXPECT_EQ(error_changed("sensor", "sens\\u006fr"), Error::unsupported);
}

TEST(Manifest, RefusesNumbersOutOfRange) {
  for (const char* more :
       {"\"rev_min\":65536", "\"rev_max\":-1", "\"min_slot_bytes\":16777217", "\"expires\":-1",
        "\"security_version\":4294967296", "\"rev_min\":200,\"rev_max\":199"}) {
    EXPECT_EQ(error_with(more), Error::out_of_range) << more;
  }
  EXPECT_EQ(error_changed(":7,", ":0,"), Error::out_of_range);
  EXPECT_EQ(error_changed("1700000000", "-1"), Error::out_of_range);
  EXPECT_EQ(error_changed("100000", "0"), Error::out_of_range);
  EXPECT_EQ(error_changed("100000", "16777217"), Error::out_of_range);
}

TEST(Manifest, RefusesOtherBlockSizes) {
  for (const char* size : {"0", "1", "4096", "65535", "65537", "98304", "2097152", "-65536"}) {
    EXPECT_EQ(error_changed("65536", size), Error::out_of_range) << size;
  }
}

// What the device reports as its highest sequence must be one that the header can carry: else it
// could never check in again.
TEST(Manifest, SequenceFitsTheDeviceFacts) {
  EXPECT_EQ(error_changed(":7,", ":1000000000000000,"), Error::out_of_range);
  const std::string text = manifest_changed(":7,", ":999999999999999,");
  DeviceFacts facts;
  facts.id = "d";
  facts.product = "p";
  facts.chip = 0;
  facts.sequence = parse_manifest(text).value.sequence;
  std::array<uint8_t, kDeviceFactsSizeMax> buffer{};
  Appender out(buffer);
  write_device_facts(facts, out);
  EXPECT_EQ(parse_device_facts(as_text(out.written())).value.sequence, 999999999999999u);
}

TEST(Manifest, CriticalFieldsMustBeKnown) {
  EXPECT_EQ(error_with("\"crit\":[]"), Error::ok);
  EXPECT_EQ(error_with("\"crit\":[\"crit\",\"expires\",\"group\"]"), Error::ok);
  EXPECT_EQ(error_with("\"crit\":[\"colour\"],\"colour\":1"), Error::unknown_critical);
  EXPECT_EQ(error_with("\"crit\":[\"device\",\"\"]"), Error::unknown_critical);
}

TEST(Manifest, LayoutsAndHardwareAreWhatADeviceCanSay) {
  EXPECT_EQ(error_with("\"layouts\":[]"), Error::ok);
  EXPECT_EQ(error_with("\"layouts\":[\"00112233445566FF\"]"), Error::ok);
  for (const char* more : {"\"layouts\":[\"00\"]", "\"layouts\":[\"001122334455667g\"]",
                           "\"layouts\":[\"0011223344556677\",\"\"]", "\"hardware\":[\"a b\"]",
                           "\"hardware\":[\"\"]"}) {
    EXPECT_EQ(error_with(more), Error::malformed) << more;
  }
}

TEST(Manifest, PassesOnTheReadersErrors) {
  EXPECT_EQ(parse_manifest("").error, Error::truncated);
  EXPECT_EQ(parse_manifest("[]").error, Error::wrong_type);
  EXPECT_EQ(parse_manifest("7").error, Error::wrong_type);
  EXPECT_EQ(error_with("\"a\":1,\"a\":1"), Error::duplicate_key);
  EXPECT_EQ(error_with("\"a\":[[[[1]]]]"), Error::too_deep);
  EXPECT_EQ(error_with("\"a\":\"" + std::string(4096, 'x') + "\""), Error::too_large);
}

TEST(Manifest, RefusesEveryTruncation) {
  const std::string text = manifest_with(image_of(100000, blocks_of(2)));
  for (size_t size = 0; size < text.size(); ++size) {
    const std::vector<uint8_t> exact = bytes_of(text.substr(0, size));
    EXPECT_NE(parse_manifest(as_text(exact)).error, Error::ok) << size;
  }
}

TEST(ManifestBlocks, EveryDigestIsFoundAtEveryAlignment) {
  for (size_t count = 1; count <= 13; ++count) {
    const uint32_t size = static_cast<uint32_t>(count) * 64 * kKiB;
    const std::string text = manifest_with(image_of(size, blocks_of(count)));
    const Result<Manifest> manifest = parse_manifest(text);
    ASSERT_EQ(manifest.error, Error::ok) << count;
    ASSERT_EQ(manifest.value.block_count(), count);
    for (uint32_t i = 0; i < count; ++i) {
      uint8_t digest[kBlockDigestSize];
      ASSERT_EQ(manifest.value.block_digest(i, digest), Error::ok);
      EXPECT_TRUE(Bytes(digest) == Bytes(digest_of_block(i))) << count << ' ' << i;
    }
  }
}

TEST(ManifestBlocks, TheLastMayBeShorter) {
  for (const auto& [size, last] : std::vector<std::pair<uint32_t, uint32_t>>{
           {1, 1}, {65535, 65535}, {65536, 65536}, {65537, 1}, {200000, 200000 - 3 * 65536}}) {
    const size_t count = (size + 65535) / 65536;
    const std::string text = manifest_with(image_of(size, blocks_of(count)));
    const Manifest manifest = parse_manifest(text).value;
    ASSERT_EQ(manifest.block_count(), count);
    EXPECT_EQ(manifest.block_size_of(static_cast<uint32_t>(count - 1)), last);
    if (count > 1) {
      EXPECT_EQ(manifest.block_size_of(0), 65536u);
    }
    EXPECT_EQ(manifest.block_size_of(static_cast<uint32_t>(count)), 0u);
  }
}

TEST(ManifestBlocks, OtherIndexesAreOutOfRange) {
  const std::string text = manifest_with(image_of(100000, blocks_of(2)));
  const Manifest manifest = parse_manifest(text).value;
  uint8_t digest[kBlockDigestSize];
  EXPECT_EQ(manifest.block_digest(2, digest), Error::out_of_range);
  EXPECT_EQ(manifest.block_digest(UINT32_MAX, digest), Error::out_of_range);
  EXPECT_EQ(Manifest().block_digest(0, digest), Error::out_of_range);
  EXPECT_EQ(Manifest().block_count(), 0u);
}

TEST(ManifestBlocks, TheirCountMustFitTheImage) {
  for (size_t count : {0u, 1u, 3u}) {
    EXPECT_EQ(parse_manifest(manifest_with(image_of(100000, blocks_of(count)))).error,
              Error::malformed);
  }
}

TEST(ManifestBlocks, SurplusBytesInTheLastGroupAreRefused) {
  for (size_t count = 1; count <= 3; ++count) {
    const uint32_t size = static_cast<uint32_t>(count) * 64 * kKiB;
    for (size_t surplus = 1; surplus <= 2; ++surplus) {
      const std::string blocks = base64_text(std::vector<uint8_t>(count * 16 + surplus));
      EXPECT_EQ(parse_manifest(manifest_with(image_of(size, blocks))).error, Error::malformed)
          << count << ' ' << surplus;
    }
  }
}

TEST(ManifestBlocks, OneWrongCharacterAnywhereIsRefused) {
  const std::string blocks = blocks_of(7);
  for (size_t i = 0; i < blocks.size(); ++i) {
    for (char wrong : {'=', '-', ' '}) {
      if (blocks[i] == wrong) continue;
      std::string bad = blocks;
      bad[i] = wrong;
      EXPECT_EQ(parse_manifest(manifest_with(image_of(7 * 64 * kKiB, bad))).error, Error::malformed)
          << i << wrong;
    }
  }
}

TEST(ManifestBlocks, LargeImagesNeedLargerBlocks) {
  const std::string large = image_of(16 * kKiB * kKiB, blocks_of(128));
  std::string text = manifest_with(large);
  text.replace(text.find("65536"), 5, "131072");
  EXPECT_EQ(parse_manifest(text).error, Error::ok);
  EXPECT_EQ(parse_manifest(manifest_with(image_of(16 * kKiB * kKiB, blocks_of(256)))).error,
            Error::too_large);
}

}  // namespace
}  // namespace otter
