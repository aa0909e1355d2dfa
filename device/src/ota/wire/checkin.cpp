#include "ota/wire/checkin.h"

#include "ota/wire/url.h"
#include "ota/wire/version.h"

namespace otter {
namespace {

constexpr char kFrameMagic[] = "OTC1";
constexpr char kEnvelopeMagic[] = "OTE1";
constexpr size_t kMagicSize = 4;
constexpr uint32_t kNextCheckinMax = 366 * 24 * 3600;  // [s]

constexpr uint8_t kOrderOfP256[32] = {
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51};

constexpr const char* kCommands[] = {"none", "check_now", "reboot", "rollback", "send_logs"};

bool in_range(Bytes number) {
  bool is_zero = true;
  for (size_t i = 0; i < number.size; ++i) is_zero = is_zero && number.data[i] == 0;
  return !is_zero && memcmp(number.data, kOrderOfP256, sizeof(kOrderOfP256)) < 0;
}

Result<int64_t> integer(Json object, Text key, int64_t maximum) {
  OTTER_TRY_SET(const Json member, object.member(key));
  OTTER_TRY_SET(const int64_t value, member.integer());
  if (value < 0 || value > maximum) return Error::out_of_range;
  return value;
}

Result<Text> plain_string(Json object, Text key) {
  OTTER_TRY_SET(const Json member, object.member(key));
  return member.plain_string();
}

// The member, or null if there is none.
Json member_or_null(Json object, Text key) {
  const Result<Json> member = object.member(key);
  return member.ok() ? member.value : Json();
}

Error read_patch(Json object, Statement* statement) {
  const Json patch = member_or_null(object, "patch");
  if (patch.type() == JsonType::null) return Error::ok;
  OTTER_TRY_SET(statement->patch.url, plain_string(patch, "url"));
  OTTER_TRY_SET(const int64_t size, integer(patch, "size", kImageSizeMax));
  statement->patch.size_bytes = static_cast<uint32_t>(size);
  OTTER_TRY_SET(const Text sha256, plain_string(patch, "sha256"));
  OTTER_TRY_SET(statement->patch.sha256, digest_from_hex(sha256));
  OTTER_TRY_SET(const Text base, plain_string(patch, "base_sha256"));
  OTTER_TRY_SET(statement->patch.base_sha256, digest_from_hex(base));
  statement->has_patch = true;
  return Error::ok;
}

Error read_offer(Json object, Statement* statement) {
  OTTER_TRY_SET(const Json offered, object.member("offered"));
  if (offered.type() == JsonType::null) return Error::ok;
  OTTER_TRY_SET(const Text hex, offered.plain_string());
  OTTER_TRY_SET(statement->offered, digest_from_hex(hex));
  statement->has_offer = true;
  return Error::ok;
}

Result<uint32_t> number_or_zero(Json object, Text key) {
  if (member_or_null(object, key).type() == JsonType::null) return uint32_t{0};
  OTTER_TRY_SET(const int64_t value, integer(object, key, UINT32_MAX));
  return static_cast<uint32_t>(value);
}

// Which versions of what else the server has for this device.
Error read_versions(Json object, Statement* statement) {
  OTTER_TRY_SET(const int64_t config, integer(object, "config_version", UINT32_MAX));
  statement->config_version = static_cast<uint32_t>(config);
  OTTER_TRY_SET(statement->root_version, number_or_zero(object, "root_version"));
  OTTER_TRY_SET(statement->trust_version, number_or_zero(object, "trust_version"));
  OTTER_TRY_SET(statement->key_epoch, number_or_zero(object, "key_epoch"));
  const Json config_sha256 = member_or_null(object, "config_sha256");
  if (config_sha256.type() == JsonType::null) return Error::ok;
  OTTER_TRY_SET(const Text hex, config_sha256.plain_string());
  OTTER_TRY_SET(statement->config_sha256, digest_from_hex(hex));
  return Error::ok;
}

Error read_mirrors(Json object, Statement* statement) {
  const Json mirrors = member_or_null(object, "mirrors");
  if (mirrors.type() == JsonType::null) return Error::ok;
  if (mirrors.type() != JsonType::array) return Error::wrong_type;
  size_t count = 0;
  for (JsonItems items(mirrors); items.next(); ++count) {
    OTTER_TRY_SET(const Text origin, items.value().plain_string());
    if (!is_origin(origin)) return Error::malformed;
  }
  if (count > kMirrorsMax) return Error::too_large;
  statement->mirrors = mirrors;
  return Error::ok;
}

Error read_command(Json object, Statement* statement) {
  const Json command = member_or_null(object, "command");
  if (command.type() == JsonType::null) return Error::ok;
  OTTER_TRY_SET(const Text text, command.plain_string());
  const Result<Command> known = command_named(text);
  statement->command = known.ok() ? known.value : Command::none;
  return Error::ok;
}

}  // namespace

Result<CheckinFrame> parse_checkin_frame(Bytes bytes) {
  Cursor cursor(bytes);
  if (as_text(cursor.take(kMagicSize)) != Text(kFrameMagic)) {
    return cursor.failed() ? Error::truncated : Error::bad_magic;
  }
  CheckinFrame frame;
  const uint16_t statement_size = cursor.le16();
  if (statement_size > kStatementSizeMax) return Error::too_large;
  frame.statement = cursor.take(statement_size);
  frame.mac = cursor.take(kDigestSize);
  const uint16_t envelope_size = cursor.le16();
  if (envelope_size > kEnvelopeSizeMax) return Error::too_large;
  frame.envelope = cursor.take(envelope_size);
  if (cursor.failed()) return Error::truncated;
  if (cursor.left() > 0) return Error::trailing_bytes;
  return frame;
}

Result<Envelope> parse_envelope(Bytes bytes) {
  Cursor cursor(bytes);
  if (as_text(cursor.take(kMagicSize)) != Text(kEnvelopeMagic)) {
    return cursor.failed() ? Error::truncated : Error::bad_magic;
  }
  Envelope envelope;
  envelope.signature_count = cursor.u8();
  if (cursor.failed()) return Error::truncated;
  if (envelope.signature_count == 0) return Error::missing_field;
  if (envelope.signature_count > kSignaturesMax) return Error::too_large;
  for (size_t i = 0; i < envelope.signature_count; ++i) {
    envelope.signatures[i].key_id = cursor.take(kKeyIdSize);
    envelope.signatures[i].signature = cursor.take(kSignatureSize);
  }
  const uint16_t body_size = cursor.le16();
  if (body_size > kManifestSizeMax) return Error::too_large;
  envelope.body = cursor.take(body_size);
  if (cursor.failed()) return Error::truncated;
  if (cursor.left() > 0) return Error::trailing_bytes;
  return envelope;
}

Error write_checkin_frame(const CheckinFrame& frame, Appender& out) {
  if (frame.statement.size > kStatementSizeMax || frame.envelope.size > kEnvelopeSizeMax) {
    return Error::too_large;
  }
  if (frame.mac.size != kDigestSize) return Error::malformed;
  out.text(kFrameMagic);
  out.le16(static_cast<uint16_t>(frame.statement.size));
  out.bytes(frame.statement);
  out.bytes(frame.mac);
  out.le16(static_cast<uint16_t>(frame.envelope.size));
  out.bytes(frame.envelope);
  return out.failed() ? Error::too_large : Error::ok;
}

Error write_envelope(const Envelope& envelope, Appender& out) {
  if (envelope.body.size > kManifestSizeMax || envelope.signature_count > kSignaturesMax) {
    return Error::too_large;
  }
  if (envelope.signature_count == 0) return Error::missing_field;
  for (size_t i = 0; i < envelope.signature_count; ++i) {
    const SignatureView& view = envelope.signatures[i];
    if (view.key_id.size != kKeyIdSize || view.signature.size != kSignatureSize) {
      return Error::malformed;
    }
  }
  out.text(kEnvelopeMagic);
  out.u8(static_cast<uint8_t>(envelope.signature_count));
  for (size_t i = 0; i < envelope.signature_count; ++i) {
    out.bytes(envelope.signatures[i].key_id);
    out.bytes(envelope.signatures[i].signature);
  }
  out.le16(static_cast<uint16_t>(envelope.body.size));
  out.bytes(envelope.body);
  return out.failed() ? Error::too_large : Error::ok;
}

void write_dsse_prefix(Text type, size_t body_size, Appender& out) {
  out.text("DSSEv1 ");
  out.decimal(static_cast<int64_t>(type.size));
  out.u8(' ');
  out.text(type);
  out.u8(' ');
  out.decimal(static_cast<int64_t>(body_size));
  out.u8(' ');
}

bool is_signature_in_range(Bytes signature) {
  return signature.size == kSignatureSize && in_range(signature.part(0, 32)) &&
         in_range(signature.part(32, 32));
}

Text name(Command command) { return kCommands[static_cast<size_t>(command)]; }

Result<Command> command_named(Text text) {
  for (size_t i = 0; i < sizeof(kCommands) / sizeof(kCommands[0]); ++i) {
    if (text == Text(kCommands[i])) return static_cast<Command>(i);
  }
  return Error::unsupported;
}

Result<Statement> parse_statement(Text text) {
  JsonLimits limits;
  limits.size_max = kStatementSizeMax;
  OTTER_TRY_SET(const Json object, Json::parse(text, limits));
  Statement statement;
  OTTER_TRY_SET(statement.device, plain_string(object, "device"));
  if (!is_identifier(statement.device)) return Error::malformed;
  OTTER_TRY_SET(statement.nonce, plain_string(object, "nonce"));
  OTTER_TRY_SET(statement.time_s, integer(object, "time", kJsonIntegerMax));
  OTTER_TRY_SET(const int64_t next, integer(object, "next_checkin_s", kNextCheckinMax));
  statement.next_checkin_s = static_cast<uint32_t>(next);
  OTTER_TRY(read_versions(object, &statement));
  OTTER_TRY(read_mirrors(object, &statement));
  OTTER_TRY(read_offer(object, &statement));
  OTTER_TRY(read_patch(object, &statement));
  OTTER_TRY(read_command(object, &statement));
  return statement;
}

}  // namespace otter
