#include "ota/release.h"

#include "ota/wire/device_facts.h"
#include "ota/wire/json_fields.h"
#include "ota/wire/signing.h"
#include "ota/wire/version.h"

namespace otter {
namespace {

const ReleaseKey* find_key(const ReleaseKeys& keys, Bytes id) {
  for (size_t i = 0; i < keys.count; ++i) {
    if (Bytes(keys.keys[i].id) == id) return &keys.keys[i];
  }
  return nullptr;
}

bool is_repeated(const Envelope& envelope, size_t index) {
  for (size_t i = 0; i < index; ++i) {
    if (envelope.signatures[i].key_id == envelope.signatures[index].key_id) return true;
  }
  return false;
}

Error verify_statement(const Statement& statement, const CheckinContext& context) {
  if (statement.device != context.device_id) return Error::wrong_device;
  uint8_t text[base64_size(kNonceSize)];
  Appender nonce(text);
  base64_encode(context.nonce, nonce);
  return as_bytes(statement.nonce) == nonce.written() ? Error::ok : Error::stale_statement;
}

}  // namespace

Error verify_release(Crypto& crypto, const ReleaseSigners& signers, const Digest& offered,
                     Release* release) {
  OTTER_TRY_SET(const Envelope envelope, parse_envelope(release->envelope));
  OTTER_TRY_SET(release->digest, sha256(crypto, envelope.body));
  if (release->digest != offered) return Error::wrong_offer;
  if (signers.root == nullptr) OTTER_TRY(verify_envelope(crypto, envelope, signers.keys));
  OTTER_TRY_SET(release->manifest, parse_manifest(as_text(envelope.body)));
  const Manifest& manifest = release->manifest;
  if (signers.root != nullptr) {
    OTTER_TRY(verify_release_signatures(crypto, envelope, *signers.root, manifest.product,
                                        manifest.channel));
  }
  release->is_signed = true;
  return Error::ok;
}

Error verify_envelope(Crypto& crypto, const Envelope& envelope, const ReleaseKeys& keys) {
  OTTER_TRY_SET(const Digest digest, manifest_signing_digest(crypto, envelope.body));
  uint8_t good = 0;
  for (size_t i = 0; i < envelope.signature_count; ++i) {
    const SignatureView& signature = envelope.signatures[i];
    const ReleaseKey* key = find_key(keys, signature.key_id);
    if (key == nullptr || is_repeated(envelope, i)) continue;
    OTTER_TRY(check_signature(crypto, key->point, digest, signature.signature));
    ++good;
  }
  // A device without keys, or told to need none, must not take that for consent.
  return good > 0 && good >= keys.signatures_needed ? Error::ok : Error::unknown_key;
}

Error verify_checkin(Crypto& crypto, Bytes bytes, const CheckinContext& context,
                     CheckinAnswer* answer) {
  OTTER_TRY_SET(const CheckinFrame frame, parse_checkin_frame(bytes));
  OTTER_TRY_SET(const Digest mac, hmac_sha256(crypto, context.mac_key, frame.statement));
  if (!equal_constant_time(mac.bytes, frame.mac)) return Error::bad_mac;
  OTTER_TRY_SET(answer->statement, parse_statement(as_text(frame.statement)));
  OTTER_TRY(verify_statement(answer->statement, context));
  answer->is_authentic = true;
  const bool has_envelope = frame.envelope.size > 0;
  if (has_envelope != answer->statement.has_offer) return Error::wrong_offer;
  if (!has_envelope) return Error::ok;
  answer->release.envelope = frame.envelope;
  OTTER_TRY(verify_release(crypto, context.signers, answer->statement.offered, &answer->release));
  answer->has_release = true;
  return Error::ok;
}

Result<Release> parse_plain_release(Text text) {
  JsonLimits limits;
  limits.size_max = kPlainManifestSizeMax;
  OTTER_TRY_SET(const Json object, Json::parse(text, limits));
  JsonFields fields(object);
  Release release;
  release.manifest.version = fields.plain_string("version");
  fields.expect(is_version(release.manifest.version), Error::malformed);
  release.manifest.image_size_bytes = fields.number("size", 1, kImageSizeMax);
  release.manifest.image_sha256 = fields.digest("sha256");
  release.hmac = fields.digest("hmac");
  release.digest = release.manifest.image_sha256;
  release.target = fields.plain_string("url");
  OTTER_TRY(fields.error());
  if (!starts_with(release.target, "/") || starts_with(release.target, "//")) {
    return Error::malformed;
  }
  return release;
}

}  // namespace otter
