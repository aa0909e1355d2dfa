// A body and the signatures over it, as a file: the envelope frame of ota/wire/checkin.h, which is
// also what a device gets. Root metadata and trust payloads are kept so. Pure, any thread.
#pragma once

#include <string>
#include <vector>

#include "publish/envelope.h"

namespace otter {

struct SignedDocument {
  std::string type;  // the DSSE payload type, which the file does not name
  std::string body;  // the exact bytes that are signed
  std::vector<EnvelopeSignature> signatures;
};

// Reads an envelope frame, or a body that nobody has signed yet.
//
// Errors: EnvelopeError (neither)
SignedDocument read_signed_document(const std::string& type, const std::string& content);

// The envelope frame.
//
// Errors: EnvelopeError (no signature, too large)
std::string write_signed_document(const SignedDocument& document);

// What is signed. Errors: EnvelopeError (too large)
Digest signing_digest(const SignedDocument& document);

// Adds a signature after verifying it.
//
// Errors: KeyError (it is not of this body and this key; this key's second; a ninth)
void add_signature(SignedDocument& document, Bytes public_point, const RawSignature& signature);

// Adds those of `other` that are not there yet, unverified: a reader verifies each.
//
// Errors: EnvelopeError (another body), KeyError (a ninth)
void add_signatures_of(SignedDocument& document, const SignedDocument& other);

// True if there is a signature by the owner of `public_point`, and it holds.
bool is_signed_by(const SignedDocument& document, Bytes public_point);

}  // namespace otter
