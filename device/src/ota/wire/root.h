// Root metadata: which keys may sign what. A chain; each link is signed by the keys before it and
// by its own. docs/spec/root.md. Pure but for the Crypto that is handed in.
#pragma once

#include "ota/wire/checkin.h"
#include "ota/wire/crypto.h"

namespace otter {

constexpr size_t kRootSizeMax = 3072;  // [bytes] of the body
constexpr size_t kRoleKeysMax = 8;
constexpr size_t kRevokedMax = 32;
constexpr char kRootType[] = "application/vnd.otter.root.v1+json";

// Views into the body's bytes, which must outlive it.
struct RootMetadata {
  uint32_t version = 0;
  uint32_t epoch = 0;  // of release keys: a higher one lets sequences begin anew
  uint8_t root_threshold = 0;
  Json root_keys;  // array of base64 of SEC1 points
  uint8_t release_threshold = 0;
  Json release_keys;  // array of objects: point, and which products and channels
  Json revoked;       // array of key ids in hexadecimal; null: none
};

// Reads a body. Says nothing about its signatures, nor whether a listed key is revoked.
//
// Errors: those of Json::parse; missing_field, wrong_type, out_of_range, malformed,
//         too_large (a list), duplicate_key (a public key listed twice), unsupported (another
//         schema)
Result<RootMetadata> parse_root(Text body);

// Errors: key_not_allowed (a listed key is revoked), low_memory
Error check_not_revoked(Crypto& crypto, const RootMetadata& root);

// At least the threshold of `root`'s root keys signed the body as being of `type`. Signatures of
// other keys are passed over, a second one of the same key does not count.
//
// Errors: unknown_key (too few), bad_signature (a listed key's does not hold), low_memory
// Cost:   one signature check for each signature of a listed key
Error verify_root_signatures(Crypto& crypto, Text type, const Envelope& envelope,
                             const RootMetadata& root);

// Verifies the link that follows `trusted`: signed by the threshold before it and by its own. The
// body is read only after the first of both.
//
// Errors: unknown_key, bad_signature, those of parse_root(), old_root (not the next version, or a
//         lower epoch), key_not_allowed (lists a key that it or `trusted` revokes), low_memory
Error verify_root(Crypto& crypto, const Envelope& envelope, const RootMetadata& trusted,
                  RootMetadata* next);

// At least the threshold of release keys that may sign for `product` and `channel`, those of the
// manifest, signed it.
//
// Errors: unknown_key (too few), key_not_allowed (too few, but there is one of a key that may sign
//         other products or channels only), bad_signature, low_memory
Error verify_release_signatures(Crypto& crypto, const Envelope& envelope, const RootMetadata& root,
                                Text product, Text channel);

}  // namespace otter
