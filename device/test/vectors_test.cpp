// Runs docs/spec/vectors/ through the core. They were made by tools/make_vectors.py, which shares
// no code with it.
#include "device/test/tested_crypto.h"
#include "device/test/vector_file.h"
#include "ota/crc32.h"
#include "ota/esp_image.h"
#include "ota/otadata.h"
#include "ota/partition_table.h"
#include "ota/wire/checkin.h"
#include "ota/wire/device_facts.h"
#include "ota/wire/trust.h"
#include "ota/wire/version.h"
#include "publish/memory_image.h"

namespace otter {
namespace {

constexpr uint32_t kFlashSize = 4 * 1024 * 1024;

std::string hmac_hex(const std::vector<uint8_t>& key, Bytes data) {
  TestedCrypto crypto;
  return hex_of(hmac_sha256(crypto, key, data).value.bytes);
}

// The digest that a signature of `vector` is over.
Digest digest_of_pae(const TestVector& vector) {
  std::vector<uint8_t> prefix(kDssePrefixSizeMax);
  const std::vector<uint8_t> body = vector.input();
  Appender out(prefix);
  write_dsse_prefix(vector.text("type"), body.size(), out);
  TestedCrypto crypto;
  Digest digest;
  crypto.sha256_begin(HashLane::message);
  crypto.sha256_update(HashLane::message, out.written());
  crypto.sha256_update(HashLane::message, body);
  EXPECT_EQ(crypto.sha256_finish(HashLane::message, &digest), Error::ok);
  return digest;
}

TEST(Vectors, Json) {
  const VectorFile file("json");
  for (const TestVector& vector : file) {
    const std::vector<uint8_t> input = vector.input();
    EXPECT_EQ(Json::parse(as_text(input)).error, vector.error()) << vector.name();
  }
}

TEST(Vectors, Manifest) {
  const VectorFile file("manifest");
  for (const TestVector& vector : file) {
    const std::vector<uint8_t> input = vector.input();
    const Result<Manifest> manifest = parse_manifest(as_text(input));
    EXPECT_EQ(manifest.error, vector.error()) << vector.name();
    if (!vector.is_good()) continue;
    EXPECT_EQ(manifest.value.sequence, static_cast<uint64_t>(vector.number("sequence")));
    EXPECT_EQ(manifest.value.version, Text(vector.text("version")));
    EXPECT_EQ(manifest.value.block_count(), static_cast<uint32_t>(vector.number("blocks")));
  }
}

TEST(Vectors, Root) {
  const VectorFile file("root");
  for (const TestVector& vector : file) {
    const std::vector<uint8_t> input = vector.input();
    const std::string trusted = vector.text("trusted");
    TestedCrypto crypto;
    RootMetadata next;
    const Result<Envelope> envelope = parse_envelope(input);
    ASSERT_EQ(envelope.error, Error::ok) << vector.name();
    EXPECT_EQ(verify_root(crypto, envelope.value, parse_root(trusted).value, &next), vector.error())
        << vector.name();
  }
}

TEST(Vectors, Trust) {
  const VectorFile file("trust");
  for (const TestVector& vector : file) {
    const std::vector<uint8_t> input = vector.input();
    const std::string root = vector.text("root");
    TestedCrypto crypto;
    TrustPayload trust;
    const Result<Envelope> envelope = parse_envelope(input);
    ASSERT_EQ(envelope.error, Error::ok) << vector.name();
    EXPECT_EQ(verify_trust(crypto, envelope.value, parse_root(root).value, &trust), vector.error())
        << vector.name();
  }
}

TEST(Vectors, Statement) {
  const VectorFile file("statement");
  for (const TestVector& vector : file) {
    const std::vector<uint8_t> input = vector.input();
    const Result<Statement> statement = parse_statement(as_text(input));
    EXPECT_EQ(statement.error, vector.error()) << vector.name();
    if (!vector.is_good()) continue;
    const std::string offered = vector.text("offered");
    EXPECT_EQ(statement.value.has_offer, !offered.empty()) << vector.name();
    if (!offered.empty()) {
      EXPECT_EQ(hex_of(statement.value.offered.bytes), offered);
    }
  }
}

TEST(Vectors, DeviceFacts) {
  const VectorFile file("device-facts");
  for (const TestVector& vector : file) {
    const std::vector<uint8_t> input = vector.input();
    const Result<DeviceFacts> facts = parse_device_facts(as_text(input));
    EXPECT_EQ(facts.error, vector.error()) << vector.name();
    if (!vector.is_good()) continue;
    EXPECT_EQ(facts.value.id, Text(vector.text("id")));
    EXPECT_EQ(facts.value.sequence, static_cast<uint64_t>(vector.number("sequence")));
  }
}

TEST(Vectors, Envelope) {
  const VectorFile file("envelope");
  for (const TestVector& vector : file) {
    const std::vector<uint8_t> input = vector.input();
    const Result<Envelope> envelope = parse_envelope(input);
    EXPECT_EQ(envelope.error, vector.error()) << vector.name();
    if (!vector.is_good()) continue;
    EXPECT_EQ(envelope.value.signature_count, static_cast<size_t>(vector.number("signatures")));
    EXPECT_EQ(envelope.value.body.size, static_cast<size_t>(vector.number("body")));
  }
}

TEST(Vectors, Frame) {
  const VectorFile file("frame");
  for (const TestVector& vector : file) {
    const std::vector<uint8_t> input = vector.input();
    const Result<CheckinFrame> frame = parse_checkin_frame(input);
    EXPECT_EQ(frame.error, vector.error()) << vector.name();
    if (!vector.is_good()) continue;
    EXPECT_EQ(frame.value.statement.size, static_cast<size_t>(vector.number("statement")));
    EXPECT_EQ(hmac_hex(vector.bytes("key"), frame.value.statement), hex_of(frame.value.mac));
    EXPECT_EQ(parse_statement(as_text(frame.value.statement)).error, Error::ok);
  }
}

TEST(Vectors, Signature) {
  TestedCrypto crypto;
  const VectorFile file("signature");
  for (const TestVector& vector : file) {
    const std::vector<uint8_t> point = vector.bytes("public_key");
    const std::vector<uint8_t> signature = vector.bytes("signature");
    const Digest digest = digest_of_pae(vector);
    EXPECT_EQ(hex_of(digest.bytes), vector.text("pae_sha256")) << vector.name();
    EXPECT_EQ(hex_of(Bytes(sha256(crypto, point).value.bytes).part(0, kKeyIdSize)),
              vector.text("key_id"));
    EXPECT_EQ(is_signature_in_range(signature), vector.flag("in_range")) << vector.name();
    EXPECT_EQ(crypto.verify_p256(point, digest, signature), vector.flag("verifies"))
        << vector.name();
  }
}

TEST(Vectors, DeviceKeys) {
  TestedCrypto crypto;
  const VectorFile file("device-keys");
  for (const TestVector& vector : file) {
    const Result<Digest> key =
        derive_device_key(crypto, vector.bytes("master"), vector.text("device"),
                          static_cast<uint32_t>(vector.number("epoch")));
    ASSERT_EQ(key.error, Error::ok);
    EXPECT_EQ(hex_of(key.value.bytes), vector.text("device_key")) << vector.name();
    const auto purpose = [&](KeyPurpose which) {
      return hex_of(derive_purpose_key(crypto, key.value.bytes, which).value.bytes);
    };
    EXPECT_EQ(purpose(KeyPurpose::response_mac), vector.text("response_mac"));
    EXPECT_EQ(purpose(KeyPurpose::api_key), vector.text("api_key"));
  }
}

TEST(Vectors, Otadata) {
  const VectorFile file("otadata");
  for (const TestVector& vector : file) {
    const std::vector<uint8_t> input = vector.input();
    Otadata otadata;
    otadata.entries[0] = parse_otadata_entry(Bytes(input).part(0, kOtadataEntrySize));
    otadata.entries[1] = parse_otadata_entry(Bytes(input).part(kOtadataEntrySize));
    const int active = otadata.active();
    ASSERT_EQ(active, vector.number("active")) << vector.name();
    if (active < 0) continue;
    const uint8_t slots = static_cast<uint8_t>(vector.number("slots"));
    EXPECT_EQ(otadata_slot(otadata.entries[active].sequence, slots), vector.number("slot"))
        << vector.name();
  }
}

TEST(Vectors, PartitionTable) {
  const VectorFile file("partition-table");
  for (const TestVector& vector : file) {
    PartitionTable table;
    size_t offset = 0;
    const Error error = parse_partition_table(vector.input(), kFlashSize, &table, &offset);
    EXPECT_EQ(error, vector.error()) << vector.name();
    EXPECT_EQ(offset, static_cast<size_t>(vector.number("offset"))) << vector.name();
    if (!vector.is_good()) continue;
    EXPECT_EQ(table.count, static_cast<size_t>(vector.number("rows"))) << vector.name();
    EXPECT_EQ(table.ota_slot_count(), vector.number("slots")) << vector.name();
  }
}

TEST(Vectors, EspImage) {
  const VectorFile file("esp-image");
  for (const TestVector& vector : file) {
    const std::vector<uint8_t> input = vector.input();
    TestedCrypto crypto;
    MemoryImage image{Bytes(input)};
    uint8_t scratch[100];
    ImageInfo info;
    const ImageFault fault =
        check_image(image, crypto, MutableBytes(scratch, sizeof(scratch)), &info);
    EXPECT_EQ(fault.error, vector.error()) << vector.name();
    EXPECT_EQ(fault.offset, vector.number("offset")) << vector.name();
    if (!vector.is_good()) continue;
    EXPECT_EQ(info.size_bytes, vector.number("size")) << vector.name();
  }
}

TEST(Vectors, VersionOrder) {
  const VectorFile file("version-order");
  std::vector<std::pair<int, Text>> ranked;
  int rank = 0;
  for (JsonItems groups(file.list()); groups.next(); ++rank) {
    for (JsonItems equal(groups.value()); equal.next();) {
      ranked.emplace_back(rank, equal.value().plain_string().value);
    }
  }
  for (const auto& [rank_a, a] : ranked) {
    for (const auto& [rank_b, b] : ranked) {
      const int result = compare_versions(a, b);
      const int expected = (rank_a > rank_b) - (rank_a < rank_b);
      EXPECT_EQ((result > 0) - (result < 0), expected) << string_of(a) << ' ' << string_of(b);
    }
  }
}

// An error that no vector provokes, or a name that is none, would pass unseen above.
TEST(Vectors, NameTheirErrorsRight) {
  for (const char* name : {"json", "manifest", "statement", "device-facts", "envelope", "frame",
                           "partition-table", "esp-image", "root", "trust"}) {
    const VectorFile file(name);
    for (const TestVector& vector : file) {
      EXPECT_EQ(string_of(otter::name(vector.error())), vector.text("error")) << vector.name();
    }
  }
}

}  // namespace
}  // namespace otter
