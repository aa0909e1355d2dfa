#include "ota/wire/signing.h"

namespace otter {

Result<Digest> signing_digest(Crypto& crypto, Text type, Bytes body) {
  if (body.size > kManifestSizeMax) return Error::too_large;
  uint8_t prefix[kDssePrefixSizeMax];
  Appender appender(prefix);
  write_dsse_prefix(type, body.size, appender);
  if (appender.failed()) return Error::too_large;
  Digest digest;
  crypto.sha256_begin(HashLane::message);
  crypto.sha256_update(HashLane::message, appender.written());
  crypto.sha256_update(HashLane::message, body);
  OTTER_TRY(crypto.sha256_finish(HashLane::message, &digest));
  return digest;
}

Result<Digest> manifest_signing_digest(Crypto& crypto, Bytes manifest) {
  return signing_digest(crypto, kManifestType, manifest);
}

Error check_signature(Crypto& crypto, Bytes public_point, const Digest& signing_digest,
                      Bytes signature) {
  if (!is_signature_in_range(signature)) return Error::bad_signature;
  const bool holds = crypto.verify_p256(public_point, signing_digest, signature);
  return holds ? Error::ok : Error::bad_signature;
}

}  // namespace otter
