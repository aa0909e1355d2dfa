#include "ota/wire/trust.h"

#include "ota/wire/json_fields.h"

namespace otter {
namespace {

constexpr uint8_t kDerSequence = 0x30;  // X.690 section 8.9: what a certificate begins with
constexpr size_t kGroupSize = 48;       // [bytes] decoded at a time
constexpr size_t kGroupText = kGroupSize / 3 * 4;  // [characters]

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

Json read_list(JsonFields& fields, Text key, size_t count_max, Error (*check)(Text)) {
  const Json list = fields.value(key);
  fields.expect(list.type() == JsonType::array, Error::wrong_type);
  size_t count = 0;
  for (JsonItems items(list); items.next() && fields.error() == Error::ok;) {
    fields.expect(++count <= count_max, Error::too_large);
    const Result<Text> text = items.value().plain_string();
    fields.fail(text.error);
    fields.fail(check(text.value));
  }
  return list;
}

}  // namespace

Result<TrustPayload> parse_trust(Text text) {
  JsonLimits limits;
  limits.size_max = kTrustSizeMax;
  OTTER_TRY_SET(const Json body, Json::parse(text, limits));
  JsonFields fields(body);
  fields.expect(fields.number("schema", 0, UINT32_MAX) == 1, Error::unsupported);
  TrustPayload trust;
  trust.version = fields.number("version", 1, UINT32_MAX);
  fields.integer("created", 0, kJsonIntegerMax);
  trust.anchors = read_list(fields, "anchors", kAnchorsMax, check_anchor);
  fields.expect(JsonItems(trust.anchors).next(), Error::missing_field);
  trust.pins = read_list(fields, "pins", kPinsMax, check_pin);
  OTTER_TRY(fields.error());
  return trust;
}

Error verify_trust(Crypto& crypto, const Envelope& envelope, const RootMetadata& root,
                   TrustPayload* out) {
  OTTER_TRY(verify_root_signatures(crypto, kTrustType, envelope, root));
  OTTER_TRY_SET(*out, parse_trust(as_text(envelope.body)));
  return Error::ok;
}

}  // namespace otter
