#include "device/test/vector_checks.h"

#include "ota/crc32.h"
#include "ota/esp_image.h"
#include "ota/otadata.h"
#include "ota/partition_table.h"
#include "ota/wire/checkin.h"
#include "ota/wire/device_facts.h"
#include "ota/wire/signing.h"
#include "ota/wire/trust.h"
#include "ota/wire/version.h"
#include "publish/memory_image.h"
#include "publish/memory_patch_source.h"

namespace otter {
namespace {

constexpr uint32_t kFlashSize = 4 * 1024 * 1024;  // [bytes]

// What one vector names, in memory that the next one takes over.
uint8_t memory[48 * 1024];

// One vector: named values, the input that is to be read, and what is found wrong.
class Vector {
 public:
  Vector(Json json, Crypto& crypto_in, VectorReport& report)
      : crypto(crypto_in), json_(json), report_(report) {}

  void expect(bool is_so, Text what) {
    if (!is_so) report_.differs(json_.member("name").value.text(), what);
  }
  void expect_same(Error actual) { expect(actual == error(), "error"); }
  void expect_number(uint64_t actual, Text key) {
    expect(actual == static_cast<uint64_t>(number(key)), key);
  }
  void expect_hex(Bytes actual, Text key) {
    const Bytes expected = bytes(key);
    expect(!expected.data || actual == expected, key);
  }

  bool has(Text key) const { return json_.member(key).ok(); }
  int64_t number(Text key) {
    const Result<int64_t> value = json_.member(key).value.integer();
    expect(value.ok(), key);
    return value.value;
  }
  bool flag(Text key) {
    const Result<bool> value = json_.member(key).value.boolean();
    expect(value.ok(), key);
    return value.value;
  }
  Text text(Text key) {
    MutableBytes room = MutableBytes(memory).part(used_);
    const Result<size_t> size = json_.member(key).value.string(room);
    expect(size.ok(), key);
    used_ += size.value;
    return as_text(room.part(0, size.value));
  }
  Bytes bytes(Text key) {
    const Text hex = text(key);
    MutableBytes room = MutableBytes(memory).part(used_, hex.size / 2);
    expect(hex_decode(hex, room) == Error::ok, key);
    used_ += room.size;
    return room;
  }
  Bytes input() { return has("text") ? as_bytes(text("text")) : bytes("hex"); }

  Error error() {
    const Text word = text("error");
    const Error error = error_named(word);
    expect(name(error) == word, "the error's name");
    return error;
  }
  bool is_good() { return text("error") == Text("ok"); }

  Crypto& crypto;

 private:
  Json json_;
  VectorReport& report_;
  size_t used_ = 0;  // of `memory`
};

void check_json(Vector& vector) { vector.expect_same(Json::parse(as_text(vector.input())).error); }

void check_manifest(Vector& vector) {
  const Result<Manifest> manifest = parse_manifest(as_text(vector.input()));
  vector.expect_same(manifest.error);
  if (!vector.is_good()) return;
  vector.expect_number(manifest.value.sequence, "sequence");
  vector.expect(manifest.value.version == vector.text("version"), "version");
  vector.expect_number(manifest.value.block_count(), "blocks");
}

void check_statement(Vector& vector) {
  const Result<Statement> statement = parse_statement(as_text(vector.input()));
  vector.expect_same(statement.error);
  if (!vector.is_good()) return;
  vector.expect(statement.value.has_offer == !vector.text("offered").empty(), "is offered");
  if (statement.value.has_offer) vector.expect_hex(statement.value.offered.bytes, "offered");
}

void check_device_facts(Vector& vector) {
  const Result<DeviceFacts> facts = parse_device_facts(as_text(vector.input()));
  vector.expect_same(facts.error);
  if (!vector.is_good()) return;
  vector.expect(facts.value.id == vector.text("id"), "id");
  vector.expect_number(facts.value.sequence, "sequence");
  if (!vector.has("uptime")) return;
  const DeviceHealth& health = facts.value.health;
  vector.expect_number(health.uptime_s, "uptime");
  vector.expect(name(health.reset_reason) == vector.text("reset_reason"), "reset_reason");
  vector.expect_number(health.heap_low_water_bytes, "heap");
  vector.expect(health.rssi_dbm == vector.number("rssi"), "rssi");
}

void check_frame(Vector& vector) {
  const Result<CheckinFrame> frame = parse_checkin_frame(vector.input());
  vector.expect_same(frame.error);
  if (!vector.is_good()) return;
  const Bytes statement = frame.value.statement;
  vector.expect_number(statement.size, "statement");
  const Digest mac = hmac_sha256(vector.crypto, vector.bytes("key"), statement).value;
  vector.expect(Bytes(mac.bytes) == frame.value.mac, "mac");
  vector.expect(parse_statement(as_text(statement)).ok(), "the statement's form");
}

void check_envelope(Vector& vector) {
  const Result<Envelope> envelope = parse_envelope(vector.input());
  vector.expect_same(envelope.error);
  if (!vector.is_good()) return;
  vector.expect_number(envelope.value.signature_count, "signatures");
  vector.expect_number(envelope.value.body.size, "body");
}

void check_root(Vector& vector) {
  const Result<Envelope> envelope = parse_envelope(vector.input());
  vector.expect(envelope.ok(), "envelope");
  const RootMetadata trusted = parse_root(vector.text("trusted")).value;
  RootMetadata next;
  vector.expect_same(verify_root(vector.crypto, envelope.value, trusted, &next));
}

void check_trust(Vector& vector) {
  const Result<Envelope> envelope = parse_envelope(vector.input());
  vector.expect(envelope.ok(), "envelope");
  const RootMetadata root = parse_root(vector.text("root")).value;
  TrustPayload trust;
  vector.expect_same(verify_trust(vector.crypto, envelope.value, root, &trust));
}

void check_signature(Vector& vector) {
  const Bytes point = vector.bytes("public_key");
  const Bytes signature = vector.bytes("signature");
  const Digest id = sha256(vector.crypto, point).value;
  vector.expect_hex(Bytes(id.bytes).part(0, kKeyIdSize), "key_id");
  const Digest digest = signing_digest(vector.crypto, vector.text("type"), vector.input()).value;
  vector.expect_hex(digest.bytes, "pae_sha256");
  vector.expect(is_signature_in_range(signature) == vector.flag("in_range"), "in_range");
  vector.expect(vector.crypto.verify_p256(point, digest, signature) == vector.flag("verifies"),
                "verifies");
}

void check_device_keys(Vector& vector) {
  const Result<Digest> key =
      derive_device_key(vector.crypto, vector.bytes("master"), vector.text("device"),
                        static_cast<uint32_t>(vector.number("epoch")));
  vector.expect(key.ok(), "error");
  vector.expect_hex(key.value.bytes, "device_key");
  const auto expect_purpose = [&](KeyPurpose purpose, Text member) {
    vector.expect_hex(derive_purpose_key(vector.crypto, key.value.bytes, purpose).value.bytes,
                      member);
  };
  expect_purpose(KeyPurpose::response_mac, "response_mac");
  expect_purpose(KeyPurpose::api_key, "api_key");
}

void check_otadata(Vector& vector) {
  const Bytes input = vector.input();
  Otadata otadata;
  otadata.entries[0] = parse_otadata_entry(input.part(0, kOtadataEntrySize));
  otadata.entries[1] = parse_otadata_entry(input.part(kOtadataEntrySize));
  const int active = otadata.active();
  vector.expect(active == vector.number("active"), "active");
  if (active < 0) return;
  const uint8_t slots = static_cast<uint8_t>(vector.number("slots"));
  vector.expect_number(otadata_slot(otadata.entries[active].sequence, slots), "slot");
}

void check_partition_table(Vector& vector) {
  PartitionTable table;
  size_t offset = 0;
  vector.expect_same(parse_partition_table(vector.input(), kFlashSize, &table, &offset));
  vector.expect_number(offset, "offset");
  if (!vector.is_good()) return;
  vector.expect_number(table.count, "rows");
  vector.expect_number(table.ota_slot_count(), "slots");
}

void check_esp_image(Vector& vector) {
  MemoryImage image{vector.input()};
  uint8_t scratch[100];
  ImageInfo info;
  const ImageFault fault = check_image(image, vector.crypto, scratch, &info);
  vector.expect_same(fault.error);
  vector.expect_number(fault.offset, "offset");
  if (vector.is_good()) vector.expect_number(info.size_bytes, "size");
}

constexpr size_t kResultSizeMax = 8 * 1024;  // [bytes] of a patch's vector
uint8_t result[kResultSizeMax];
alignas(8) uint8_t decoder_memory[64 * 1024];

Error decode(const PatchHeader& header, Bytes base, Bytes payload, Crypto& crypto) {
  MemoryPatchSource source(base, Bytes(result));
  PatchDecoder decoder;
  if (header.result_size > kResultSizeMax) return Error::too_large;
  OTTER_TRY(decoder.begin(header, source, crypto, decoder_memory));
  while (!decoder.is_complete()) {
    payload = payload.part(decoder.feed(payload));
    if (decoder.needs_payload() && payload.size == 0) return Error::truncated;
    OTTER_TRY(decoder.decode(MutableBytes(result).part(decoder.size_done(), 100)).error);
  }
  return Error::ok;
}

void check_patch(Vector& vector) {
  const Bytes patch = vector.input();
  const Result<PatchHeader> header = parse_patch_header(patch);
  if (!header.ok()) return vector.expect_same(header.error);
  const Bytes base = vector.bytes("base");
  vector.expect_same(decode(header.value, base, patch.part(kPatchHeaderSize), vector.crypto));
  if (!vector.is_good()) return;
  const Digest digest =
      sha256(vector.crypto, Bytes(result).part(0, header.value.result_size)).value;
  vector.expect(digest == header.value.result_sha256, "SHA-256");
}

struct RankedVersion {
  int rank;
  Text version;
};

// The one file of another form: arrays in ascending order, of versions that are equal.
size_t check_version_order(Json list, VectorReport& report) {
  static RankedVersion ranked[128];
  size_t count = 0;
  int rank = 0;
  for (JsonItems groups(list); groups.next(); ++rank) {
    for (JsonItems equal(groups.value()); equal.next() && count < 128;) {
      ranked[count++] = {rank, equal.value().plain_string().value};
    }
  }
  for (size_t i = 0; i < count * count; ++i) {
    const RankedVersion& a = ranked[i / count];
    const RankedVersion& b = ranked[i % count];
    const int order = compare_versions(a.version, b.version);
    const int expected = (a.rank > b.rank) - (a.rank < b.rank);
    if ((order > 0) - (order < 0) != expected) report.differs(a.version, b.version);
  }
  return count;
}

struct FileCheck {
  const char* name;
  void (*check)(Vector& vector);
};
constexpr FileCheck kFileChecks[] = {
    {"json", check_json},           {"manifest", check_manifest},
    {"statement", check_statement}, {"device-facts", check_device_facts},
    {"frame", check_frame},         {"envelope", check_envelope},
    {"root", check_root},           {"trust", check_trust},
    {"signature", check_signature}, {"device-keys", check_device_keys},
    {"otadata", check_otadata},     {"partition-table", check_partition_table},
    {"esp-image", check_esp_image}, {"patch", check_patch}};

}  // namespace

size_t check_vectors(Text name, Text text, Crypto& crypto, VectorReport& report) {
  JsonLimits limits;
  limits.size_max = kVectorFileSizeMax;
  const Result<Json> list = Json::parse(text, limits);
  if (!list.ok() || list.value.type() != JsonType::array) return 0;
  if (name == Text("version-order")) return check_version_order(list.value, report);
  size_t count = 0;
  for (const FileCheck& file : kFileChecks) {
    if (name != Text(file.name)) continue;
    for (JsonItems items(list.value); items.next(); ++count) {
      Vector vector(items.value(), crypto, report);
      file.check(vector);
    }
  }
  return count;
}

}  // namespace otter
