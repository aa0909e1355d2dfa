// Reads the example blocks from the pages in docs/spec/ and runs the real parsers on them.
#include <sstream>

#include "device/test/memory_flash.h"
#include "device/test/printers.h"
#include "device/test/source_file.h"
#include "ota/esp_image.h"
#include "ota/journal.h"
#include "ota/otadata.h"
#include "ota/partition_table.h"
#include "ota/wire/checkin.h"
#include "ota/wire/configuration.h"
#include "ota/wire/device_facts.h"
#include "ota/wire/device_metrics.h"
#include "ota/wire/trust.h"
#include "ota/wire/version.h"
#include "publish/host_crypto.h"
#include "publish/memory_image.h"
#include "publish/partition_csv.h"
#include "publish/patch_maker.h"

namespace otter {
namespace {

constexpr uint32_t kFlashSize = 4 * 1024 * 1024;

// The inside of the fenced block of `page` whose opening line ends in `tag`, without the last
// line's end.
std::string block_of(const std::string& page, const std::string& tag) {
  const std::string text = read_source_file("docs/spec/" + page);
  const size_t tag_at = text.find(" " + tag + "\n");
  EXPECT_NE(tag_at, std::string::npos) << page << ": " << tag;
  if (tag_at == std::string::npos) return "";
  EXPECT_EQ(text.find(" " + tag + "\n", tag_at + 1), std::string::npos) << "twice: " << tag;
  const size_t begin = text.find('\n', tag_at) + 1;
  const size_t end = text.find("\n```", begin);
  EXPECT_NE(end, std::string::npos) << page << ": " << tag;
  return text.substr(begin, end - begin);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::vector<uint8_t> hex_block_of(const std::string& page, const std::string& tag) {
  std::string digits;
  for (const std::string& word : words_of(block_of(page, tag))) digits += word;
  return bytes_of_hex(digits);
}

// The value behind `name` in the example of device-keys.md.
std::string key_example(const std::string& name) {
  for (const std::string& line : lines_of(block_of("device-keys.md", "device-key-example"))) {
    const std::vector<std::string> words = words_of(line);
    if (words.at(0) == name) return words.at(1);
  }
  ADD_FAILURE() << name;
  return "";
}

TEST(SpecPatch, ExampleIsMadeAndApplied) {
  const std::vector<uint8_t> patch = hex_block_of("patch.md", "patch-example");
  EXPECT_EQ(apply_patch(bytes_of("abc"), patch), bytes_of("abcd"));
  EXPECT_EQ(make_patch(bytes_of("abc"), bytes_of("abcd"), PatchOptions()), patch);
}

TEST(SpecJson, ExamplesAreReadAndRefused) {
  const std::string good = block_of("json.md", "json-good");
  const Result<Json> json = Json::parse(good);
  ASSERT_EQ(json.error, Error::ok);
  EXPECT_EQ(json.value.member("o").value.member("a").value.plain_string().value, Text("again"));
  uint8_t buffer[16];
  const Result<size_t> size = json.value.member("s").value.string(buffer);
  EXPECT_EQ(string_of(Bytes(buffer).part(0, size.value)), "\xC3\xA4 \xF0\x9F\x98\x80");
  EXPECT_EQ(Json::parse(block_of("json.md", "json-bad")).error, Error::duplicate_key);
}

TEST(SpecVersion, ExampleIsInOrder) {
  std::vector<std::vector<std::string>> groups;
  for (const std::string& line : lines_of(block_of("version.md", "version-order"))) {
    groups.push_back(words_of(line));
  }
  ASSERT_GE(groups.size(), 10u);
  for (size_t i = 0; i + 1 < groups.size(); ++i) {
    for (const std::string& version : groups[i]) {
      EXPECT_EQ(compare_versions(groups[i][0], version), 0) << version;
      EXPECT_LT(compare_versions(version, groups[i + 1][0]), 0) << version;
    }
  }
}

TEST(SpecManifest, ExampleIsRead) {
  const std::string text = block_of("manifest.md", "manifest-example");
  const Result<Manifest> manifest = parse_manifest(text);
  ASSERT_EQ(manifest.error, Error::ok);
  EXPECT_EQ(manifest.value.product, Text("sensor"));
  EXPECT_EQ(manifest.value.chip, 5);
  EXPECT_EQ(manifest.value.revision_max, 199);
  EXPECT_EQ(manifest.value.image_size_bytes, 150000u);
  EXPECT_EQ(manifest.value.block_count(), 3u);
}

TEST(SpecManifest, ChipsAreThoseOfTheCore) {
  size_t found = 0;
  for (const std::string& line : lines_of(read_source_file("docs/spec/manifest.md"))) {
    const std::vector<std::string> words = words_of(line);
    if (words.size() != 7 || words[1].rfind("`esp32", 0) != 0) continue;
    const Chip* chip = find_chip(Text(words[1].substr(1, words[1].size() - 2)));
    ASSERT_NE(chip, nullptr) << line;
    EXPECT_EQ(chip->id, std::stoul(words[3], nullptr, 16)) << line;
    EXPECT_EQ(chip->bootloader_offset, std::stoul(words[5], nullptr, 16)) << line;
    ++found;
  }
  size_t count = 0;
  all_chips(&count);
  EXPECT_EQ(found, count);
}

TEST(SpecConfiguration, ExampleIsRead) {
  const std::string text = block_of("configuration.md", "configuration-example");
  const Result<ConfigurationDocument> document = parse_configuration(text);
  ASSERT_EQ(document.error, Error::ok);
  EXPECT_EQ(document.value.version, 7u);
  EXPECT_EQ(document.value.values.member("interval_s").value.integer().value, 300);
}

TEST(SpecRoot, ExampleIsRead) {
  const std::string text = block_of("root.md", "root-example");
  const Result<RootMetadata> root = parse_root(text);
  ASSERT_EQ(root.error, Error::ok);
  EXPECT_EQ(root.value.version, 1u);
  EXPECT_EQ(root.value.root_threshold, 2);
  EXPECT_EQ(root.value.release_threshold, 1);
  HostCrypto crypto;
  EXPECT_EQ(check_not_revoked(crypto, root.value), Error::ok);
}

TEST(SpecTrust, ExampleIsRead) {
  const std::string text = block_of("trust.md", "trust-example");
  const Result<TrustPayload> trust = parse_trust(text);
  ASSERT_EQ(trust.error, Error::ok);
  EXPECT_EQ(trust.value.version, 2u);
  EXPECT_TRUE(JsonItems(trust.value.pins).next());
}

TEST(SpecStatement, ExampleIsRead) {
  const std::string text = block_of("statement.md", "statement-example");
  const Result<Statement> statement = parse_statement(text);
  ASSERT_EQ(statement.error, Error::ok);
  EXPECT_EQ(statement.value.device, Text("d1"));
  EXPECT_EQ(statement.value.next_checkin_s, 3600u);
  EXPECT_TRUE(statement.value.has_offer);
  EXPECT_FALSE(statement.value.has_patch);
}

TEST(SpecDeviceKeys, ExampleIsDerived) {
  HostCrypto crypto;
  const std::vector<uint8_t> master = bytes_of_hex(key_example("master"));
  const uint32_t epoch = static_cast<uint32_t>(std::stoul(key_example("epoch")));
  const Digest key = derive_device_key(crypto, master, key_example("device"), epoch).value;
  EXPECT_EQ(hex_of(key.bytes), key_example("K_dev"));
  EXPECT_EQ(hex_of(derive_purpose_key(crypto, key.bytes, KeyPurpose::response_mac).value.bytes),
            key_example("resp-mac"));
  EXPECT_EQ(hex_of(derive_purpose_key(crypto, key.bytes, KeyPurpose::api_key).value.bytes),
            key_example("api-key"));
}

TEST(SpecCheckin, ExampleIsReadAndItsMacFits) {
  const std::vector<uint8_t> bytes = hex_block_of("checkin.md", "checkin-frame");
  const Result<CheckinFrame> frame = parse_checkin_frame(bytes);
  ASSERT_EQ(frame.error, Error::ok);
  EXPECT_EQ(frame.value.envelope.size, 0u);
  EXPECT_FALSE(parse_statement(as_text(frame.value.statement)).value.has_offer);
  HostCrypto crypto;
  const std::vector<uint8_t> key = bytes_of_hex(key_example("resp-mac"));
  EXPECT_EQ(hex_of(hmac_sha256(crypto, key, frame.value.statement).value.bytes),
            hex_of(frame.value.mac));
}

TEST(SpecDeviceFacts, ExampleIsReadAndWrittenAlike) {
  const std::string header = block_of("device-facts.md", "device-facts-example");
  const Result<DeviceFacts> facts = parse_device_facts(header);
  ASSERT_EQ(facts.error, Error::ok);
  EXPECT_EQ(facts.value.sequence, 41u);
  std::vector<uint8_t> buffer(kDeviceFactsSizeMax);
  Appender out(buffer);
  write_device_facts(facts.value, out);
  EXPECT_EQ(string_of(out.written()), header);
}

TEST(SpecDeviceMetrics, ExampleIsWrittenAlike) {
  const Metric metrics[] = {{"battery_mv", 3700}, {"latency_ms", 41}, {"temperature_min_c", -12}};
  uint8_t buffer[kDeviceMetricsSizeMax];
  const Text header = write_device_metrics(metrics, 3, buffer);
  EXPECT_EQ(string_of(as_bytes(header)), block_of("device-metrics.md", "device-metrics-example"));
}

TEST(SpecEspImage, ExampleIsAGoodImage) {
  const std::vector<uint8_t> file = hex_block_of("esp-image.md", "esp-image-example");
  HostCrypto crypto;
  MemoryImage image{Bytes(file)};
  uint8_t scratch[64];
  ImageInfo info;
  const ImageFault fault = check_image(image, crypto, MutableBytes(scratch, 64), &info);
  EXPECT_EQ(fault.error, Error::ok);
  EXPECT_EQ(info.size_bytes, file.size());
  EXPECT_EQ(info.header.segment_count, 1);
  EXPECT_EQ(info.segments[0].data_size, 8u);
}

TEST(SpecEspImage, ExampleDescriptionIsRead) {
  const std::vector<uint8_t> raw = hex_block_of("esp-image.md", "app-description-example");
  const Result<AppDescription> description = parse_app_description(raw);
  ASSERT_EQ(description.error, Error::ok);
  EXPECT_EQ(raw.size(), kAppDescriptionSize);
  EXPECT_EQ(description.value.version, Text("1.0.1"));
  EXPECT_EQ(description.value.project_name, Text("sensor"));
  EXPECT_EQ(description.value.mmu_page_size_log2, 16);
}

TEST(SpecPartitionTable, ExampleIsReadAndItsMd5Fits) {
  const std::vector<uint8_t> raw = hex_block_of("partition-table.md", "partition-table-example");
  PartitionTable table;
  size_t offset = 0;
  ASSERT_EQ(parse_partition_table(raw, kFlashSize, &table, &offset), Error::ok);
  EXPECT_EQ(table.count, 6u);
  EXPECT_EQ(table.ota_slot_count(), 2);
  uint8_t md5[kMd5Size];
  host_md5(Bytes(raw).part(0, table.md5_covers), md5);
  EXPECT_TRUE(Bytes(md5) == Bytes(table.md5));
}

TEST(SpecPartitionTable, CsvGivesTheSameBytes) {
  const std::string csv = block_of("partition-table.md", "partition-csv-example");
  const std::vector<uint8_t> raw = hex_block_of("partition-table.md", "partition-table-example");
  const std::vector<uint8_t> written = write_partition_table(parse_partition_csv(csv, kFlashSize));
  EXPECT_EQ(hex_of(Bytes(written).part(0, raw.size())), hex_of(raw));
}

TEST(SpecOtadata, ExampleChoosesTheStagedSlot) {
  const std::vector<uint8_t> raw = hex_block_of("otadata.md", "otadata-example");
  Otadata otadata;
  otadata.entries[0] = parse_otadata_entry(Bytes(raw).part(0, kOtadataEntrySize));
  otadata.entries[1] = parse_otadata_entry(Bytes(raw).part(kOtadataEntrySize));
  EXPECT_EQ(otadata.entries[0].state, OtaState::valid);
  EXPECT_EQ(otadata.entries[1].state, OtaState::fresh);
  EXPECT_EQ(otadata.active(), 1);
  EXPECT_EQ(otadata_slot(otadata.entries[1].sequence, 2), 1);
}

TEST(SpecOtadata, CrcTableIsRight) {
  const std::string page = read_source_file("docs/spec/otadata.md");
  for (uint32_t sequence = 0; sequence <= 5; ++sequence) {
    char row[40];
    snprintf(row, sizeof(row), "| %u | %08X |", static_cast<unsigned>(sequence),
             static_cast<unsigned>(otadata_crc(sequence)));
    EXPECT_NE(page.find(row), std::string::npos) << row;
  }
}

TEST(SpecJournal, ExampleIsRead) {
  const std::vector<uint8_t> raw = hex_block_of("journal.md", "journal-example");
  MemoryFlash flash(2 * kSectorSize);
  std::copy(raw.begin(), raw.end(), flash.bytes.begin());
  Journal journal(flash);
  ASSERT_EQ(journal.open(), Error::ok);
  EXPECT_EQ(journal.state().update.verified_bytes, 65536u);
  ASSERT_EQ(journal.save(JournalState()), Error::ok);
  EXPECT_EQ(flash.erases, 0) << "the sector counts and is not full: it is appended to";
}

}  // namespace
}  // namespace otter
