#include "server/envelope_json.h"

#include "publish/base64.h"
#include "publish/envelope.h"
#include "server/problem.h"

namespace otter::server {
namespace {

// The parts of a signed manifest as a frame's views; they point into it.
Envelope views_of(const SignedManifest& manifest, std::vector<std::vector<uint8_t>>& key_ids) {
  Envelope envelope;
  envelope.body = as_bytes(manifest.manifest);
  for (const EnvelopeSignature& signature : manifest.signatures) {
    key_ids.emplace_back(kKeyIdSize);
    if (hex_decode(signature.key_id, key_ids.back()) != Error::ok) {
      throw HttpError(Problem::invalid_field, "\"keyid\" must be 16 hexadecimal digits");
    }
    SignatureView& view = envelope.signatures[envelope.signature_count++];
    view.key_id = key_ids.back();
    view.signature = signature.signature;
  }
  return envelope;
}

SignedManifest read_envelope(const boost::json::object& object) {
  try {
    return read_envelope_json(boost::json::serialize(object));
  } catch (const EnvelopeError& error) {
    throw HttpError(Problem::invalid_field, std::string("\"envelope\": ") + error.what());
  }
}

}  // namespace

boost::json::value envelope_json(const std::vector<uint8_t>& frame) {
  if (frame.empty()) return nullptr;
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
  return boost::json::object{{"payloadType", kManifestType},
                             {"payload", base64_text(envelope.value.body)},
                             {"signatures", std::move(signatures)}};
}

std::vector<uint8_t> envelope_frame(const boost::json::object& object) {
  const SignedManifest manifest = read_envelope(object);
  std::vector<std::vector<uint8_t>> key_ids;
  std::vector<uint8_t> frame(kEnvelopeSizeMax);
  Appender out(frame);
  if (write_envelope(views_of(manifest, key_ids), out) != Error::ok) {
    throw HttpError(Problem::invalid_field, "\"envelope\" is too large");
  }
  frame.resize(out.written().size);
  return frame;
}

}  // namespace otter::server
