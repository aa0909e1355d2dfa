// PATCH /api/v1/devices/<id>: what operators decide of one device. docs/spec/admin-api.md.
// A function of its Call; what it can't serve it throws as HttpError. Any thread.
#pragma once

#include "server/call.h"

namespace otter::server {

// `standing` lets it in or shuts it out (standing_api.h), `tags` and `attributes` change its labels
// (docs/spec/labels.md); all that is stated is done, or nothing.
//
// Errors: HttpError not_found, invalid_field
Response change_device(const Call& call);

}  // namespace otter::server
