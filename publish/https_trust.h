// Whom an HTTPS client takes for its server. Any thread.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "ota/wire/digest.h"

namespace otter {

// A server is trusted if its certificate chain leads to an anchor or holds a pinned key; its name
// and its dates must hold in either case.
struct HttpsTrust {
  std::vector<std::vector<uint8_t>> anchors;  // X.509 certificates in DER
  std::vector<Digest> pins;                   // SHA-256 of a certificate's SubjectPublicKeyInfo
};

// True if `der` is one X.509 certificate and nothing else.
bool is_certificate(Bytes der);

struct HttpsTrustSource {
  std::string ca_file;              // PEM; empty: the system's
  std::optional<HttpsTrust> trust;  // in place of ca_file
  bool verify_peer = true;
};

// Makes an SSL_CTX (OpenSSL; `context`) verify its servers so. `source` must outlive it. Gives what
// is wrong, for a person to read; empty: nothing.
std::string set_trust(void* context, const HttpsTrustSource& source);

}  // namespace otter
