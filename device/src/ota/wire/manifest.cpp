#include "ota/wire/manifest.h"

#include "ota/wire/device_facts.h"
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

Result<int64_t> integer(Json object, Text key, int64_t minimum, int64_t maximum) {
  OTTER_TRY_SET(const Json member, object.member(key));
  OTTER_TRY_SET(const int64_t value, member.integer());
  if (value < minimum || value > maximum) return Error::out_of_range;
  return value;
}

Result<int64_t> integer_or(Json object, Text key, int64_t minimum, int64_t maximum,
                           int64_t otherwise) {
  const Result<int64_t> value = integer(object, key, minimum, maximum);
  return value.error == Error::missing_field ? Result<int64_t>(otherwise) : value;
}

Result<Text> string_or_empty(Json object, Text key) {
  const Result<Json> member = object.member(key);
  if (member.error == Error::missing_field) return Text();
  OTTER_TRY(member.error);
  return member.value.plain_string();
}

Result<Text> identifier_or_empty(Json object, Text key) {
  OTTER_TRY_SET(const Text text, string_or_empty(object, key));
  if (!text.empty() && !is_identifier(text)) return Error::malformed;
  return text;
}

Result<Text> version_or_empty(Json object, Text key) {
  OTTER_TRY_SET(const Text text, string_or_empty(object, key));
  if (!text.empty() && !is_version(text)) return Error::malformed;
  return text;
}

Result<Json> strings_or_none(Json object, Text key) {
  const Result<Json> member = object.member(key);
  if (member.error == Error::missing_field) return Json();
  OTTER_TRY(member.error);
  if (member.value.type() != JsonType::array) return Error::wrong_type;
  for (JsonItems items(member.value); items.next();) OTTER_TRY(items.value().plain_string().error);
  return member;
}

Result<Digest> digest(Json object, Text key) {
  OTTER_TRY_SET(const Json member, object.member(key));
  OTTER_TRY_SET(const Text text, member.plain_string());
  return digest_from_hex(text);
}

bool is_layout(Text text) {
  uint8_t ignored[kLayoutSize];
  return hex_decode(text, ignored) == Error::ok;
}

Result<Json> list_or_none(Json object, Text key, bool (*accepts)(Text)) {
  OTTER_TRY_SET(const Json list, strings_or_none(object, key));
  for (JsonItems items(list); items.next();) {
    if (!accepts(items.value().plain_string().value)) return Error::malformed;
  }
  return list;
}

bool is_known(Text key) {
  for (const char* known : kKnownKeys) {
    if (key == Text(known)) return true;
  }
  return false;
}

Error check_critical(Json object) {
  OTTER_TRY_SET(const Json critical, strings_or_none(object, "crit"));
  for (JsonItems items(critical); items.next();) {
    if (!is_known(items.value().plain_string().value)) return Error::unknown_critical;
  }
  return Error::ok;
}

Error read_image(Json object, Manifest* manifest) {
  OTTER_TRY_SET(const Json image, object.member("image"));
  OTTER_TRY_SET(const int64_t size, integer(image, "size", 1, kImageSizeMax));
  OTTER_TRY_SET(manifest->image_sha256, digest(image, "sha256"));
  OTTER_TRY_SET(manifest->app_elf_sha256, digest(image, "app_elf_sha256"));
  OTTER_TRY_SET(const int64_t block_size,
                integer(image, "block_size", kBlockSizeMin, kBlockSizeMax));
  if ((block_size & (block_size - 1)) != 0) return Error::out_of_range;
  OTTER_TRY_SET(const Json blocks, image.member("blocks"));
  OTTER_TRY_SET(manifest->blocks, blocks.plain_string());
  manifest->image_size_bytes = static_cast<uint32_t>(size);
  manifest->block_size_bytes = static_cast<uint32_t>(block_size);
  if (manifest->blocks.size != base64_size(manifest->block_count() * kBlockDigestSize)) {
    return Error::malformed;
  }
  uint8_t ignored[kBlockDigestSize];
  for (uint32_t i = 0; i < manifest->block_count(); ++i) {
    OTTER_TRY(manifest->block_digest(i, ignored));
  }
  return Error::ok;
}

Error read_target(Json object, Manifest* manifest) {
  OTTER_TRY_SET(const Json chip, object.member("chip"));
  OTTER_TRY_SET(const Text chip_text, chip.plain_string());
  const Chip* found = find_chip(chip_text);
  if (found == nullptr) return Error::wrong_chip;
  manifest->chip = found->id;
  OTTER_TRY_SET(const int64_t minimum, integer_or(object, "rev_min", 0, 0xFFFF, 0));
  OTTER_TRY_SET(const int64_t maximum, integer_or(object, "rev_max", 0, 0xFFFF, 0xFFFF));
  OTTER_TRY_SET(const int64_t slot, integer_or(object, "min_slot_bytes", 0, kImageSizeMax, 0));
  if (minimum > maximum) return Error::out_of_range;
  manifest->revision_min = static_cast<uint16_t>(minimum);
  manifest->revision_max = static_cast<uint16_t>(maximum);
  manifest->min_slot_bytes = static_cast<uint32_t>(slot);
  OTTER_TRY_SET(manifest->hardware, list_or_none(object, "hardware", is_identifier));
  OTTER_TRY_SET(manifest->layouts, list_or_none(object, "layouts", is_layout));
  OTTER_TRY_SET(manifest->device, identifier_or_empty(object, "device"));
  OTTER_TRY_SET(manifest->group, identifier_or_empty(object, "group"));
  return Error::ok;
}

Error read_release(Json object, Manifest* manifest) {
  OTTER_TRY_SET(manifest->product, identifier_or_empty(object, "product"));
  OTTER_TRY_SET(manifest->channel, identifier_or_empty(object, "channel"));
  OTTER_TRY_SET(manifest->version, version_or_empty(object, "version"));
  if (manifest->product.empty() || manifest->channel.empty() || manifest->version.empty()) {
    return Error::missing_field;
  }
  OTTER_TRY_SET(const int64_t sequence, integer(object, "sequence", 1, kSequenceMax));
  OTTER_TRY_SET(const int64_t security, integer_or(object, "security_version", 0, UINT32_MAX, 0));
  manifest->sequence = static_cast<uint64_t>(sequence);
  manifest->security_version = static_cast<uint32_t>(security);
  OTTER_TRY_SET(manifest->created_s, integer(object, "created", 0, kJsonIntegerMax));
  OTTER_TRY_SET(manifest->expires_s, integer_or(object, "expires", 0, kJsonIntegerMax, 0));
  OTTER_TRY_SET(manifest->min_from_version, version_or_empty(object, "min_from_version"));
  OTTER_TRY_SET(manifest->min_client, version_or_empty(object, "min_client"));
  OTTER_TRY_SET(manifest->config_digest, string_or_empty(object, "config_digest"));
  if (!manifest->config_digest.empty()) {
    OTTER_TRY(digest_from_hex(manifest->config_digest).error);
  }
  const Result<Json> downgrade = object.member("allow_downgrade");
  if (downgrade.error == Error::missing_field) return Error::ok;
  OTTER_TRY(downgrade.error);
  OTTER_TRY_SET(manifest->allow_downgrade, downgrade.value.boolean());
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
  OTTER_TRY_SET(const int64_t schema, integer(object, "schema", 0, kJsonIntegerMax));
  if (schema != 1) return Error::unsupported;
  OTTER_TRY(check_critical(object));
  Manifest manifest;
  OTTER_TRY(read_release(object, &manifest));
  OTTER_TRY(read_target(object, &manifest));
  OTTER_TRY(read_image(object, &manifest));
  return manifest;
}

}  // namespace otter
