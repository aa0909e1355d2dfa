#include "ota/wire/trust.h"

namespace otter {
namespace {

constexpr uint8_t kDerSequence = 0x30;  // X.690 section 8.9: what a certificate begins with
constexpr size_t kGroupSize = 48;       // [bytes] decoded at a time
constexpr size_t kGroupText = kGroupSize / 3 * 4;  // [characters]

Result<int64_t> integer(Json object, Text key, int64_t minimum, int64_t maximum) {
  OTTER_TRY_SET(const Json member, object.member(key));
  OTTER_TRY_SET(const int64_t value, member.integer());
  if (value < minimum || value > maximum) return Error::out_of_range;
  return value;
}

// An anchor is decoded group by group: it may be larger than the stack has room for.
Error check_anchor(Text text) {
  if (text.empty()) return Error::malformed;
  for (size_t at = 0; at < text.size; at += kGroupText) {
    uint8_t decoded[kGroupSize];
    OTTER_TRY_SET(const size_t size, base64_decode(text.part(at, kGroupText), decoded));
    const bool is_last = at + kGroupText >= text.size;
    if (!is_last && size != kGroupSize) return Error::malformed;
    if (at == 0 && decoded[0] != kDerSequence) return Error::malformed;
  }
  return Error::ok;
}

Error check_pin(Text text) { return digest_from_hex(text).error; }

Result<Json> read_list(Json body, Text key, size_t count_max, Error (*check)(Text)) {
  OTTER_TRY_SET(const Json list, body.member(key));
  if (list.type() != JsonType::array) return Error::wrong_type;
  size_t count = 0;
  for (JsonItems items(list); items.next();) {
    if (++count > count_max) return Error::too_large;
    OTTER_TRY_SET(const Text text, items.value().plain_string());
    OTTER_TRY(check(text));
  }
  return list;
}

}  // namespace

Result<TrustPayload> parse_trust(Text text) {
  JsonLimits limits;
  limits.size_max = kTrustSizeMax;
  OTTER_TRY_SET(const Json body, Json::parse(text, limits));
  OTTER_TRY_SET(const int64_t schema, integer(body, "schema", 0, UINT32_MAX));
  if (schema != 1) return Error::unsupported;
  TrustPayload trust;
  OTTER_TRY_SET(const int64_t version, integer(body, "version", 1, UINT32_MAX));
  trust.version = static_cast<uint32_t>(version);
  OTTER_TRY(integer(body, "created", 0, kJsonIntegerMax).error);
  OTTER_TRY_SET(trust.anchors, read_list(body, "anchors", kAnchorsMax, check_anchor));
  if (!JsonItems(trust.anchors).next()) return Error::missing_field;
  OTTER_TRY_SET(trust.pins, read_list(body, "pins", kPinsMax, check_pin));
  return trust;
}

Error verify_trust(Crypto& crypto, const Envelope& envelope, const RootMetadata& root,
                   TrustPayload* out) {
  OTTER_TRY(verify_root_signatures(crypto, kTrustType, envelope, root));
  OTTER_TRY_SET(*out, parse_trust(as_text(envelope.body)));
  return Error::ok;
}

}  // namespace otter
