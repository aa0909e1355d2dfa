#include "server/envelope_json.h"

#include "server/json_body.h"
#include "server/problem.h"

namespace otter::server {
namespace {

[[noreturn]] void refuse(const std::string& reason) {
  throw HttpError(Problem::invalid_field, "\"envelope\": " + reason);
}

std::vector<uint8_t> decode_base64(const std::string& text, size_t size_max, const char* name) {
  std::vector<uint8_t> bytes(size_max);
  const Result<size_t> size = base64_decode(text, bytes);
  if (!size.ok()) {
    refuse(std::string("\"") + name + "\" is not padded base64 of at most " +
           std::to_string(size_max) + " bytes");
  }
  bytes.resize(size.value);
  return bytes;
}

// One signature's bytes: key id, then r || s.
std::vector<uint8_t> read_signature(const boost::json::value& value) {
  if (!value.is_object()) refuse("a signature must be an object");
  const boost::json::object& object = value.as_object();
  const std::string key_id = string_field(object, "keyid", 2 * kKeyIdSize);
  std::vector<uint8_t> bytes(kKeyIdSize);
  if (hex_decode(key_id, bytes) != Error::ok) refuse("\"keyid\" must be 16 hexadecimal digits");
  const std::vector<uint8_t> signature = decode_base64(
      string_field(object, "sig", base64_size(kSignatureSize)), kSignatureSize, "sig");
  if (signature.size() != kSignatureSize) refuse("\"sig\" must be base64 of 64 bytes");
  bytes.insert(bytes.end(), signature.begin(), signature.end());
  return bytes;
}

std::vector<std::vector<uint8_t>> read_signatures(const boost::json::object& object) {
  const boost::json::value* list = object.if_contains("signatures");
  if (list == nullptr || !list->is_array()) refuse("\"signatures\" must be an array");
  const boost::json::array& array = list->as_array();
  if (array.empty() || array.size() > kSignaturesMax) refuse("there must be 1 to 4 signatures");
  std::vector<std::vector<uint8_t>> signatures;
  for (const boost::json::value& value : array) signatures.push_back(read_signature(value));
  return signatures;
}

}  // namespace

std::string base64_text(Bytes data) {
  std::vector<uint8_t> buffer(base64_size(data.size));
  Appender out(buffer);
  base64_encode(data, out);
  return {buffer.begin(), buffer.end()};
}

boost::json::object envelope_json(const std::vector<uint8_t>& frame) {
  const Result<Envelope> envelope = parse_envelope(frame);
  if (!envelope.ok()) {
    throw std::runtime_error(std::string("a stored envelope is damaged: ") +
                             meaning(envelope.error).data);
  }
  boost::json::array signatures;
  for (size_t i = 0; i < envelope.value.signature_count; ++i) {
    const SignatureView& view = envelope.value.signatures[i];
    char key_id[2 * kKeyIdSize];
    hex_encode(view.key_id, key_id);
    signatures.push_back(boost::json::object{{"keyid", std::string(key_id, sizeof(key_id))},
                                             {"sig", base64_text(view.signature)}});
  }
  return {{"payloadType", kManifestType},
          {"payload", base64_text(envelope.value.body)},
          {"signatures", std::move(signatures)}};
}

std::vector<uint8_t> envelope_frame(const boost::json::object& object) {
  if (string_field(object, "payloadType", 64) != kManifestType) {
    refuse(std::string("\"payloadType\" must be ") + kManifestType);
  }
  const std::vector<uint8_t> body = decode_base64(
      string_field(object, "payload", base64_size(kManifestSizeMax)), kManifestSizeMax, "payload");
  const std::vector<std::vector<uint8_t>> signatures = read_signatures(object);
  Envelope envelope;
  envelope.body = body;
  for (const std::vector<uint8_t>& signature : signatures) {
    SignatureView& view = envelope.signatures[envelope.signature_count++];
    view.key_id = Bytes(signature).part(0, kKeyIdSize);
    view.signature = Bytes(signature).part(kKeyIdSize);
  }
  std::vector<uint8_t> frame(kEnvelopeSizeMax);
  Appender out(frame);
  if (write_envelope(envelope, out) != Error::ok) refuse("too large");
  frame.resize(out.written().size);
  return frame;
}

}  // namespace otter::server
