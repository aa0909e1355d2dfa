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

}  // namespace otter::server
