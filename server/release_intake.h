// Checks a release before it is one: signature, manifest, and that the image is what the manifest
// says. docs/spec/admin-api.md. Any thread.
#pragma once

#include <boost/json.hpp>

#include "server/call.h"

namespace otter::server {

// POST /api/v1/releases {"envelope", "notes"}.
//
// Errors: HttpError invalid_field, unknown_key, bad_signature, the words of parse_manifest(),
//         not_found (the product), config_missing, blob_missing, the words of inspect_image(),
//         facts_differ, wrong_chip, slot_too_small, version_used, sequence_used
Response add_release(const Call& call);

// What a file becomes that lies in the data folder.
struct NewRelease {
  std::vector<uint8_t> envelope = {};  // a frame; empty: nobody has signed it
  std::string version = {};            // where nobody has
};

// Keeps the image as a release, unless it is one already. An unsigned one is for plain mode: its
// product is the image's, or the only one that there is, takes its shared key, and has no devices
// with keys of their own, which would never take it.
//
// Errors: those of add_release(); HttpError invalid_field (no version), forbidden (signed ones
//         alone are taken)
void take_file(const Call& call, const NewRelease& file, Bytes image);

}  // namespace otter::server
