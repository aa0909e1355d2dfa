// A release that the server offers, in either mode, and how an offer is verified.
// Pure but for the Crypto that is handed in.
#pragma once

#include "ota/wire/checkin.h"
#include "ota/wire/crypto.h"
#include "ota/wire/root.h"

namespace otter {

// A key that may sign releases for this device's product.
struct ReleaseKey {
  uint8_t id[kKeyIdSize];         // the front of SHA-256 of `point`
  uint8_t point[kPublicKeySize];  // SEC1 uncompressed
};

struct ReleaseKeys {
  const ReleaseKey* keys = nullptr;
  size_t count = 0;
  uint8_t signatures_needed = 1;
};

// Views into the answer that it was read from.
struct Release {
  bool is_signed = false;
  Digest digest;      // SHA-256 of the manifest; plain mode: of the image
  Manifest manifest;  // plain mode: only version, image_size_bytes and image_sha256
  Digest hmac;        // plain mode: HMAC-SHA256(shared secret, image)
  Text target;        // plain mode: where the image is, a path on the same server
  Bytes envelope;     // signed: what `manifest` was read from
};

// Checks the signatures of an envelope: at least `signatures_needed` different keys, each known.
//
// Errors: unknown_key (too few known ones), bad_signature (a known key's does not hold), low_memory
Error verify_envelope(Crypto& crypto, const Envelope& envelope, const ReleaseKeys& keys);

// Who may sign releases.
struct ReleaseSigners {
  ReleaseKeys keys;
  const RootMetadata* root = nullptr;  // in place of `keys`
};

// Reads `release->envelope` and verifies its digest, which is to be `offered`, and its signatures,
// and only then believes the manifest. With root metadata it is parsed before the signatures are
// checked, since what a key may sign depends on it; `offered` must have come from whom one
// believes.
//
// Errors: those of the parsers; wrong_offer, unknown_key, key_not_allowed, bad_signature,
//         low_memory
Error verify_release(Crypto& crypto, const ReleaseSigners& signers, const Digest& offered,
                     Release* release);

// What a check-in's answer is verified against.
struct CheckinContext {
  Text device_id;
  Bytes nonce;    // that was sent [kNonceSize bytes]
  Bytes mac_key;  // K_dev[resp-mac]
  ReleaseSigners signers;
};

struct CheckinAnswer {
  // The statement is the server's, set even if the release fails; plain mode: there was an answer.
  bool is_authentic = false;
  Statement statement;
  bool has_release = false;
  Release release;
};

// Verifies frame, MAC, device and nonce, then the release, whose digest has come with the MAC.
//
// REQUIRES: `*answer` is as it was made (to set it back here would take half a KiB of stack)
// Errors:   those of the parsers and of verify_release(); bad_mac, wrong_device, stale_statement
Error verify_checkin(Crypto& crypto, Bytes frame, const CheckinContext& context,
                     CheckinAnswer* answer);

// Reads the manifest of the plain mode. Its HMAC can be checked only over the whole image.
//
// Errors: those of Json::parse; missing_field, wrong_type, out_of_range, malformed
Result<Release> parse_plain_release(Text text);
constexpr size_t kPlainManifestSizeMax = 8192;  // [bytes]

}  // namespace otter
