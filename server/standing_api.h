// How devices stand with the server: operators let them in and shut them out.
// docs/spec/admin-api.md and docs/operating.md. Each is a function of its Call; what it can't serve
// it throws as HttpError. Any thread.
#pragma once

#include "server/call.h"

namespace otter::server {

// POST /api/v1/products/<name>/devices: each of the ids gets a key when it asks for one. One that
// is enrolled stays it, one that is revoked as well: a list is no reason to let that one in.
//
// Errors: HttpError not_found (product), invalid_field (no ids, too many, one is none), exists (one
//         is another product's; then nothing is changed)
Response allow_devices(const Call& call);

// PATCH /api/v1/devices/<id>: lets one device in (`allowed`), or shuts it out (`revoked`): its key
// opens nothing from the next request on. One that was revoked is enrolled again when it is let
// in: it may have its key still.
//
// Errors: HttpError not_found, invalid_field
Response change_device(const Call& call);

// Tells listeners of events of a device's new standing.
void tell_standing(const Call& call, const Device& device);

}  // namespace otter::server
