#include "publish/envelope.h"

#include <boost/json.hpp>

#include "ota/wire/manifest.h"
#include "ota/wire/signing.h"
#include "publish/base64.h"
#include "publish/host_crypto.h"

namespace otter {
namespace {

namespace json = boost::json;

Digest digest_of(Bytes data) {
  HostCrypto crypto;
  const Result<Digest> digest = sha256(crypto, data);
  if (!digest.ok()) throw std::runtime_error("SHA-256 failed: out of memory");
  return digest.value;
}

std::string from_base64(const std::string& text, const char* member) {
  std::string bytes(text.size(), '\0');
  const Result<size_t> size =
      base64_decode(text, MutableBytes(reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()));
  if (!size.ok()) throw EnvelopeError(std::string("the envelope's ") + member + " is not base64");
  bytes.resize(size.value);
  return bytes;
}

std::string string_member(const json::object& object, const char* key) {
  const json::value* member = object.if_contains(key);
  if (member == nullptr || !member->is_string()) {
    throw EnvelopeError(std::string("the envelope has no text '") + key + "'");
  }
  return std::string(member->as_string());
}

EnvelopeSignature read_signature_member(const json::value& value) {
  if (!value.is_object()) throw EnvelopeError("a signature in the envelope is not an object");
  EnvelopeSignature out;
  out.key_id = string_member(value.as_object(), "keyid");
  uint8_t key_id[kKeyIdSize];
  if (hex_decode(out.key_id, key_id) != Error::ok) {
    throw EnvelopeError("a signature's keyid is not 16 hexadecimal digits");
  }
  hex_encode(key_id, out.key_id.data());
  const std::string raw = from_base64(string_member(value.as_object(), "sig"), "sig");
  if (raw.size() != kSignatureSize) throw EnvelopeError("a signature is not of 64 bytes");
  memcpy(out.signature.data(), raw.data(), kSignatureSize);
  return out;
}

bool is_by(const std::string& manifest, const EnvelopeSignature& signature, Bytes public_point) {
  HostCrypto crypto;
  return check_signature(crypto, public_point, manifest_signing_digest(manifest),
                         signature.signature) == Error::ok;
}

}  // namespace

Digest manifest_signing_digest(const std::string& manifest) {
  HostCrypto crypto;
  const Result<Digest> digest = manifest_signing_digest(crypto, as_bytes(manifest));
  if (!digest.ok()) throw EnvelopeError("the manifest is larger than 4096 bytes");
  return digest.value;
}

Digest manifest_digest(const std::string& manifest) { return digest_of(as_bytes(manifest)); }

SignedManifest sign_manifest(const std::string& manifest, const std::string& key_path) {
  SignedManifest out;
  out.manifest = manifest;
  const std::vector<uint8_t> point = read_public_point(key_path);
  add_signature(out, point, sign_digest(key_path, manifest_signing_digest(manifest)));
  return out;
}

void add_signature(SignedManifest& envelope, Bytes public_point, const RawSignature& signature) {
  if (envelope.signatures.size() >= kSignaturesMax) {
    throw KeyError("an envelope holds at most 8 signatures");
  }
  const EnvelopeSignature added{key_id_of(public_point), signature};
  for (const EnvelopeSignature& present : envelope.signatures) {
    if (present.key_id == added.key_id) {
      throw KeyError("key " + added.key_id + " has signed this manifest already");
    }
  }
  if (!is_by(envelope.manifest, added, public_point)) {
    throw KeyError("the signature is not of this manifest by key " + added.key_id);
  }
  envelope.signatures.push_back(added);
}

bool is_signed_by(const SignedManifest& envelope, Bytes public_point) {
  const std::string key_id = key_id_of(public_point);
  for (const EnvelopeSignature& signature : envelope.signatures) {
    if (signature.key_id == key_id && is_by(envelope.manifest, signature, public_point)) {
      return true;
    }
  }
  return false;
}

std::string write_envelope_json(const SignedManifest& envelope) {
  json::array signatures;
  for (const EnvelopeSignature& signature : envelope.signatures) {
    signatures.push_back({{"keyid", signature.key_id}, {"sig", base64_text(signature.signature)}});
  }
  return json::serialize(json::object{{"payloadType", kManifestType},
                                      {"payload", base64_text(as_bytes(envelope.manifest))},
                                      {"signatures", signatures}});
}

SignedManifest read_envelope_json(const std::string& text) {
  json::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object()) throw EnvelopeError("the envelope is not a JSON object");
  const json::object& object = value.as_object();
  if (string_member(object, "payloadType") != kManifestType) {
    throw EnvelopeError(std::string("the envelope's payloadType is not ") + kManifestType);
  }
  SignedManifest out;
  out.manifest = from_base64(string_member(object, "payload"), "payload");
  if (out.manifest.size() > kManifestSizeMax) {
    throw EnvelopeError("the envelope's manifest is larger than 4096 bytes");
  }
  const json::value* signatures = object.if_contains("signatures");
  if (signatures == nullptr || !signatures->is_array() || signatures->as_array().empty() ||
      signatures->as_array().size() > kSignaturesMax) {
    throw EnvelopeError("the envelope does not have 1 to 8 signatures");
  }
  for (const json::value& member : signatures->as_array()) {
    out.signatures.push_back(read_signature_member(member));
  }
  return out;
}

}  // namespace otter
