// What a key signs, and how a signature is checked. docs/spec/envelope.md.
// Pure but for the Crypto that is handed in.
#pragma once

#include "ota/wire/checkin.h"
#include "ota/wire/crypto.h"

namespace otter {

// SHA-256 of the DSSE pre-authentication encoding of a body of the payload type `type`. Occupies
// HashLane::message.
//
// Errors: too_large (more than kManifestSizeMax, or the type is too long), low_memory
Result<Digest> signing_digest(Crypto& crypto, Text type, Bytes body);
// The same for a release manifest.
Result<Digest> manifest_signing_digest(Crypto& crypto, Bytes manifest);

// Errors: bad_signature (r or s out of range, or not by the owner of `public_point`)
Error check_signature(Crypto& crypto, Bytes public_point, const Digest& signing_digest,
                      Bytes signature);

}  // namespace otter
