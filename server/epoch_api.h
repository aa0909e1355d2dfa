// The epochs of the device keys, as operators see and change them. docs/spec/admin-api.md. Each is
// a function of its Call; what it can't serve it throws as HttpError. Any thread.
#pragma once

#include "server/call.h"

namespace otter::server {

// GET /api/v1/keys/epoch. Errors: HttpError unauthorized
Response show_epoch(const Call& call);

// POST /api/v1/keys/epoch: begins the epoch that the body names, which must be the next. Keys of
// the epoch before stay good, older ones do not.
//
// Errors: HttpError unauthorized, unsupported_media_type, bad_json, invalid_field, epoch_used (not
//         the next one), devices_behind (some would be shut out, and the body does not force it)
Response begin_epoch(const Call& call);

}  // namespace otter::server
