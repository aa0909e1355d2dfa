// The trust payload: which TLS authorities and keys a device accepts, replaced long before they
// expire. docs/spec/trust.md. Pure but for the Crypto that is handed in.
#pragma once

#include "ota/wire/root.h"

namespace otter {

constexpr size_t kTrustSizeMax = 3072;  // [bytes] of the body
constexpr size_t kAnchorsMax = 4;
constexpr size_t kPinsMax = 8;
constexpr char kTrustType[] = "application/vnd.otter.trust.v1+json";

// Views into the body's bytes, which must outlive it.
struct TrustPayload {
  uint32_t version = 0;  // grows; that it does is the caller's to check (old_trust)
  Json anchors;          // array of base64 of DER certificates, at least one
  Json pins;             // array of hexadecimal SHA-256 of SubjectPublicKeyInfo; empty: any key
};

// Reads a body. Says nothing about its signatures.
//
// Errors: those of Json::parse; missing_field (also: no anchor), wrong_type, out_of_range,
//         malformed, too_large (a list), unsupported (another schema)
Result<TrustPayload> parse_trust(Text body);

// Verifies that the threshold of `root`'s root keys signed the payload, and only then reads it.
//
// Errors: unknown_key, bad_signature, those of parse_trust(), low_memory
Error verify_trust(Crypto& crypto, const Envelope& envelope, const RootMetadata& root,
                   TrustPayload* out);

}  // namespace otter
