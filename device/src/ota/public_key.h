// A release key as a person hands it over: the PEM text that `otter keys` and OpenSSL write. Pure
// but for the Crypto that is handed in.
#pragma once

#include "ota/release.h"

namespace otter {

// The P-256 key in `pem`: "-----BEGIN PUBLIC KEY-----", base64 of its SubjectPublicKeyInfo with an
// uncompressed point (RFC 7468 section 13, RFC 5480 section 2), "-----END PUBLIC KEY-----".
// Whether the point lies on the curve shows when a signature is checked. Occupies
// HashLane::message.
//
// Errors: malformed (no such PEM), unsupported (another kind of key), low_memory
Result<ReleaseKey> release_key_of_pem(Crypto& crypto, Text pem);

}  // namespace otter
