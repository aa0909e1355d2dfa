#include "publish/signed_document.h"

#include <algorithm>

#include "ota/wire/signing.h"
#include "publish/host_crypto.h"
#include "publish/text.h"

namespace otter {
namespace {

constexpr char kFrameBegin[] = "OTE1";

const EnvelopeSignature* find(const SignedDocument& document, const std::string& key_id) {
  const auto found =
      std::find_if(document.signatures.begin(), document.signatures.end(),
                   [&](const EnvelopeSignature& one) { return one.key_id == key_id; });
  return found == document.signatures.end() ? nullptr : &*found;
}

void append(SignedDocument& document, const EnvelopeSignature& signature) {
  if (document.signatures.size() >= kSignaturesMax) {
    throw KeyError("a file holds at most 8 signatures: sign with fewer keys");
  }
  document.signatures.push_back(signature);
}

bool holds(const SignedDocument& document, const RawSignature& signature, Bytes public_point) {
  HostCrypto crypto;
  return check_signature(crypto, public_point, signing_digest(document), signature) == Error::ok;
}

}  // namespace

SignedDocument read_signed_document(const std::string& type, const std::string& content) {
  SignedDocument document;
  document.type = type;
  if (!starts_with(Text(content), kFrameBegin)) {
    if (content.empty() || content[0] != '{') {
      throw EnvelopeError("neither an envelope frame (OTE1) nor a JSON object");
    }
    document.body = content;
    return document;
  }
  const Result<Envelope> envelope = parse_envelope(as_bytes(content));
  if (!envelope.ok())
    throw EnvelopeError("not an envelope frame: " + string_of(name(envelope.error)));
  document.body = string_of(as_text(envelope.value.body));
  for (size_t i = 0; i < envelope.value.signature_count; ++i) {
    const SignatureView& view = envelope.value.signatures[i];
    EnvelopeSignature signature;
    signature.key_id.resize(2 * kKeyIdSize);
    hex_encode(view.key_id, signature.key_id.data());
    memcpy(signature.signature.data(), view.signature.data, kSignatureSize);
    document.signatures.push_back(signature);
  }
  return document;
}

std::string write_signed_document(const SignedDocument& document) {
  std::vector<std::array<uint8_t, kKeyIdSize>> key_ids(document.signatures.size());
  Envelope envelope;
  envelope.body = as_bytes(document.body);
  for (const EnvelopeSignature& signature : document.signatures) {
    std::array<uint8_t, kKeyIdSize>& key_id = key_ids[envelope.signature_count];
    if (hex_decode(signature.key_id, key_id) != Error::ok) throw EnvelopeError("not a key id");
    envelope.signatures[envelope.signature_count++] = {key_id, signature.signature};
  }
  std::vector<uint8_t> buffer(kEnvelopeSizeMax);
  Appender out(buffer);
  const Error error = write_envelope(envelope, out);
  if (error != Error::ok) throw EnvelopeError("can't be an envelope: " + string_of(name(error)));
  return string_of(as_text(out.written()));
}

Digest signing_digest(const SignedDocument& document) {
  HostCrypto crypto;
  const Result<Digest> digest = signing_digest(crypto, document.type, as_bytes(document.body));
  if (!digest.ok()) throw EnvelopeError("the body is larger than 4096 bytes");
  return digest.value;
}

void add_signature(SignedDocument& document, Bytes public_point, const RawSignature& signature) {
  const EnvelopeSignature added{key_id_of(public_point), signature};
  if (find(document, added.key_id) != nullptr) {
    throw KeyError("key " + added.key_id + " has signed this already");
  }
  if (!holds(document, signature, public_point)) {
    throw KeyError("the signature is not of this file by key " + added.key_id);
  }
  append(document, added);
}

void add_signatures_of(SignedDocument& document, const SignedDocument& other) {
  if (document.body != other.body) throw EnvelopeError("its signatures are over another body");
  for (const EnvelopeSignature& signature : other.signatures) {
    if (find(document, signature.key_id) == nullptr) append(document, signature);
  }
}

bool is_signed_by(const SignedDocument& document, Bytes public_point) {
  const EnvelopeSignature* found = find(document, key_id_of(public_point));
  return found != nullptr && holds(document, found->signature, public_point);
}

}  // namespace otter
