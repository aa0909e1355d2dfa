#include "ota/wire/manifest.h"

#include "ota/wire/device_facts.h"
#include "ota/wire/json_fields.h"
#include "ota/wire/version.h"

namespace otter {
namespace {

// The keys that this version understands, for `crit`.
constexpr const char* kKnownKeys[] = {"schema",
                                      "product",
                                      "channel",
                                      "sequence",
                                      "version",
                                      "security_version",
                                      "chip",
                                      "rev_min",
                                      "rev_max",
                                      "hardware",
                                      "min_slot_bytes",
                                      "layouts",
                                      "image",
                                      "created",
                                      "min_from_version",
                                      "allow_downgrade",
                                      "min_client",
                                      "config_digest",
                                      "expires",
                                      "device",
                                      "group",
                                      "crit"};

uint32_t number_or(JsonFields& fields, Text key, uint32_t maximum, uint32_t otherwise) {
  return fields.has(key) ? fields.number(key, 0, maximum) : otherwise;
}

Text checked_text(JsonFields& fields, Text key, bool (*accepts)(Text)) {
  const Text text = fields.plain_string(key);
  fields.expect(!text.empty(), Error::missing_field);
  fields.expect(accepts(text), Error::malformed);
  return text;
}

Text text_or_empty(JsonFields& fields, Text key, bool (*accepts)(Text)) {
  if (!fields.has(key)) return Text();
  const Text text = fields.plain_string(key);
  fields.expect(text.empty() || accepts(text), Error::malformed);
  return text;
}

bool is_layout(Text text) {
  uint8_t ignored[kLayoutSize];
  return hex_decode(text, ignored) == Error::ok;
}

bool is_digest(Text text) { return digest_from_hex(text).ok(); }

Json list_or_none(JsonFields& fields, Text key, bool (*accepts)(Text), Error otherwise) {
  if (!fields.has(key)) return Json();
  const Json list = fields.value(key);
  fields.expect(list.type() == JsonType::array, Error::wrong_type);
  for (JsonItems items(list); items.next();) {
    const Result<Text> text = items.value().plain_string();
    fields.fail(text.error);
    fields.expect(accepts(text.value), otherwise);
  }
  return list;
}

bool is_known(Text key) {
  for (const char* known : kKnownKeys) {
    if (key == Text(known)) return true;
  }
  return false;
}

void read_release(JsonFields& fields, Manifest* manifest) {
  manifest->product = checked_text(fields, "product", is_identifier);
  manifest->channel = checked_text(fields, "channel", is_identifier);
  manifest->version = checked_text(fields, "version", is_version);
  manifest->sequence = static_cast<uint64_t>(fields.integer("sequence", 1, kSequenceMax));
  manifest->security_version = number_or(fields, "security_version", UINT32_MAX, 0);
  manifest->created_s = fields.integer("created", 0, kJsonIntegerMax);
  if (fields.has("expires")) manifest->expires_s = fields.integer("expires", 0, kJsonIntegerMax);
  manifest->min_from_version = text_or_empty(fields, "min_from_version", is_version);
  manifest->min_client = text_or_empty(fields, "min_client", is_version);
  manifest->config_digest = text_or_empty(fields, "config_digest", is_digest);
  if (fields.has("allow_downgrade")) manifest->allow_downgrade = fields.boolean("allow_downgrade");
}

void read_target(JsonFields& fields, Manifest* manifest) {
  const Chip* chip = find_chip(fields.plain_string("chip"));
  fields.expect(chip != nullptr, Error::wrong_chip);
  if (chip != nullptr) manifest->chip = chip->id;
  manifest->revision_min = static_cast<uint16_t>(number_or(fields, "rev_min", 0xFFFF, 0));
  manifest->revision_max = static_cast<uint16_t>(number_or(fields, "rev_max", 0xFFFF, 0xFFFF));
  manifest->min_slot_bytes = number_or(fields, "min_slot_bytes", kImageSizeMax, 0);
  fields.expect(manifest->revision_min <= manifest->revision_max, Error::out_of_range);
  manifest->hardware = list_or_none(fields, "hardware", is_identifier, Error::malformed);
  manifest->layouts = list_or_none(fields, "layouts", is_layout, Error::malformed);
  manifest->device = text_or_empty(fields, "device", is_identifier);
  manifest->group = text_or_empty(fields, "group", is_identifier);
}

void read_image(JsonFields& fields, Manifest* manifest) {
  JsonFields image(fields.value("image"));
  manifest->image_size_bytes = image.number("size", 1, kImageSizeMax);
  manifest->image_sha256 = image.digest("sha256");
  manifest->app_elf_sha256 = image.digest("app_elf_sha256");
  const uint32_t block_size = image.number("block_size", kBlockSizeMin, kBlockSizeMax);
  image.expect((block_size & (block_size - 1)) == 0, Error::out_of_range);
  manifest->block_size_bytes = block_size;
  manifest->blocks = image.plain_string("blocks");
  fields.fail(image.error());
}

Error check_blocks(const Manifest& manifest) {
  if (manifest.blocks.size != base64_size(manifest.block_count() * kBlockDigestSize)) {
    return Error::malformed;
  }
  uint8_t ignored[kBlockDigestSize];
  for (uint32_t i = 0; i < manifest.block_count(); ++i) {
    OTTER_TRY(manifest.block_digest(i, ignored));
  }
  return Error::ok;
}

}  // namespace

uint32_t Manifest::block_count() const {
  if (block_size_bytes == 0) return 0;
  return (image_size_bytes + block_size_bytes - 1) / block_size_bytes;
}

uint32_t Manifest::block_size_of(uint32_t index) const {
  if (index >= block_count()) return 0;
  const uint32_t left = image_size_bytes - index * block_size_bytes;
  return left < block_size_bytes ? left : block_size_bytes;
}

Error Manifest::block_digest(uint32_t index, uint8_t (&out)[kBlockDigestSize]) const {
  if (index >= block_count()) return Error::out_of_range;
  // 16 bytes of any alignment lie within 8 groups of 3 bytes.
  const size_t begin = size_t{index} * kBlockDigestSize;
  uint8_t decoded[24];
  OTTER_TRY_SET(const size_t size,
                base64_decode(blocks.part(begin / 3 * 4, sizeof(decoded) / 3 * 4), decoded));
  const size_t end = begin % 3 + kBlockDigestSize;
  const bool is_last = index + 1 == block_count();
  if (is_last ? size != end : size < end) return Error::malformed;
  memcpy(out, decoded + begin % 3, kBlockDigestSize);
  return Error::ok;
}

Result<Manifest> parse_manifest(Text text) {
  JsonLimits limits;
  limits.size_max = kManifestSizeMax;
  OTTER_TRY_SET(const Json object, Json::parse(text, limits));
  JsonFields fields(object);
  fields.expect(fields.integer("schema", 0, kJsonIntegerMax) == 1, Error::unsupported);
  list_or_none(fields, "crit", is_known, Error::unknown_critical);
  Manifest manifest;
  read_release(fields, &manifest);
  read_target(fields, &manifest);
  read_image(fields, &manifest);
  OTTER_TRY(fields.error());
  OTTER_TRY(check_blocks(manifest));
  return manifest;
}

}  // namespace otter
