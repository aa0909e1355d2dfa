#include "ota/wire/checkin.h"

#include "ota/wire/json_fields.h"
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

// 0 where there is none.
uint32_t number_or_zero(JsonFields& fields, Text key) {
  return fields.has_value(key) ? fields.number(key, 0, UINT32_MAX) : 0;
}

void read_patch(JsonFields& fields, Statement* statement) {
  statement->has_patch = fields.has_value("patch");
  if (!statement->has_patch) return;
  JsonFields patch(fields.value("patch"));
  statement->patch.size_bytes = patch.number("size", 0, kImageSizeMax);
  statement->patch.sha256 = patch.digest("sha256");
  if (patch.has_value("base_sha256")) statement->patch.base_sha256 = patch.digest("base_sha256");
  fields.fail(patch.error());
}

// Which versions of what else the server has for this device.
void read_versions(JsonFields& fields, Statement* statement) {
  statement->config_version = fields.number("config_version", 0, UINT32_MAX);
  statement->root_version = number_or_zero(fields, "root_version");
  statement->trust_version = number_or_zero(fields, "trust_version");
  statement->key_epoch = number_or_zero(fields, "key_epoch");
  if (fields.has_value("config_sha256")) statement->config_sha256 = fields.digest("config_sha256");
}

void read_mirrors(JsonFields& fields, Statement* statement) {
  if (!fields.has_value("mirrors")) return;
  statement->mirrors = fields.value("mirrors");
  fields.expect(statement->mirrors.type() == JsonType::array, Error::wrong_type);
  size_t count = 0;
  for (JsonItems items(statement->mirrors); items.next(); ++count) {
    const Result<Text> origin = items.value().plain_string();
    fields.fail(origin.error);
    fields.expect(is_origin(origin.value), Error::malformed);
  }
  fields.expect(count <= kMirrorsMax, Error::too_large);
}

// `offered` has to be there, be it null.
void read_offer(JsonFields& fields, Statement* statement) {
  statement->has_offer = fields.value("offered").type() != JsonType::null;
  if (statement->has_offer) statement->offered = fields.digest("offered");
}

void read_command(JsonFields& fields, Statement* statement) {
  if (!fields.has_value("command")) return;
  const Result<Command> known = command_named(fields.plain_string("command"));
  statement->command = known.ok() ? known.value : Command::none;
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
  JsonFields fields(object);
  Statement statement;
  statement.device = fields.plain_string("device");
  fields.expect(is_identifier(statement.device), Error::malformed);
  statement.nonce = fields.plain_string("nonce");
  statement.time_s = fields.integer("time", 0, kJsonIntegerMax);
  statement.next_checkin_s = fields.number("next_checkin_s", 0, kNextCheckinMax);
  read_versions(fields, &statement);
  read_mirrors(fields, &statement);
  read_offer(fields, &statement);
  read_patch(fields, &statement);
  read_command(fields, &statement);
  OTTER_TRY(fields.error());
  return statement;
}

}  // namespace otter
