// Makes trust payloads: which TLS authorities and keys devices accept. docs/spec/trust.md. What
// comes out has passed the device's own reader. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "publish/root_builder.h"

namespace otter {

// A trust payload that can't be made or read. what(): one line that names the reason.
struct TrustError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct TrustDocument {
  uint32_t version = 1;
  int64_t created_s = 0;                      // [s since 1970-01-01 UTC]
  std::vector<std::vector<uint8_t>> anchors;  // DER certificates of authorities
  std::vector<std::string> pins;              // hexadecimal SHA-256 of SubjectPublicKeyInfo
};

// The DER bytes of the one certificate in a PEM file.
//
// Errors: CertificateError (unreadable, no authority's), TrustError (several in one file)
std::vector<uint8_t> read_anchor(const std::string& certificate_file);

// Errors: CertificateError
std::string read_pin(const std::string& certificate_file);

// The body.
//
// Errors: TrustError (no anchor, too many, too large)
std::string build_trust(const TrustDocument& trust);

// Errors: TrustError (not a trust payload)
TrustDocument read_trust(const std::string& body);

// Do devices that trust `root` take the payload? The reason otherwise is one line.
LinkVerdict judge_trust(const SignedDocument& root, const SignedDocument& trust);

}  // namespace otter
