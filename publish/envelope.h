// The signed envelope around a manifest in its JSON form (DSSE v1): what `otter sign` writes and
// the server takes. docs/spec/envelope.md. The device gets it as the frame of ota/wire/checkin.h.
// Pure, any thread.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "publish/keys.h"

namespace otter {

// An envelope that can't be read. what(): one line that names the member.
struct EnvelopeError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct EnvelopeSignature {
  std::string key_id;  // 16 hexadecimal digits, lower case
  RawSignature signature{};
};

struct SignedManifest {
  std::string manifest;  // the exact bytes that were signed
  std::vector<EnvelopeSignature> signatures;
};

// What is signed: SHA-256 of the DSSE pre-authentication encoding of the manifest.
//
// Errors: EnvelopeError (too large)
Digest manifest_signing_digest(const std::string& manifest);

// What a device and the server know a manifest by: SHA-256 of its bytes.
Digest manifest_digest(const std::string& manifest);

// The manifest, signed with the private key in the PEM file `key_path`.
//
// Errors: KeyError
SignedManifest sign_manifest(const std::string& manifest, const std::string& key_path);

// Adds a signature made elsewhere, after verifying it.
//
// Errors: KeyError (it is not of this manifest and this key; this key's second; a ninth)
void add_signature(SignedManifest& envelope, Bytes public_point, const RawSignature& signature);

// True if a signature in the envelope is by the owner of `public_point`.
bool is_signed_by(const SignedManifest& envelope, Bytes public_point);

// {"payloadType":...,"payload":base64,"signatures":[{"keyid":hex,"sig":base64}]}
std::string write_envelope_json(const SignedManifest& envelope);

// Reads it back; verifies no signature. Members that it does not know are passed over.
//
// Errors: EnvelopeError (not JSON, another payload type, no or more than 8 signatures, ...)
SignedManifest read_envelope_json(const std::string& text);

}  // namespace otter
