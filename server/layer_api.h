// Configurations of groups and devices, as operators keep them, and what that makes of a device's.
// docs/spec/admin-api.md. Each is a function of its Call; what it can't serve it throws as
// HttpError. Any thread.
//
// Errors of all: HttpError unauthorized, not_found (no such product, group or device)
#pragma once

#include "server/call.h"

namespace otter::server {

// PUT /api/v1/products/<name>/config/groups/<group>, and /devices/<device>: the body, a JSON merge
// patch, is what the group or device has of its own from now on.
//
// Errors: those of parse_configuration(), of the patch and of what it gives with the configuration
//         in force
Response put_layer(const Call& call);

// DELETE of the same: it has nothing of its own any more.
//
// Errors: not_found (it had nothing)
Response remove_layer(const Call& call);

// GET /api/v1/products/<name>/config/layers?kind=group&name=kitchens: who has what.
//
// Errors: bad_query (a kind that is none)
Response list_layers(const Call& call);

// GET /api/v1/devices/<device>/config: what it is to have, how that comes about, and what it has.
//
// Errors: bad_query
Response show_device_configuration(const Call& call);

}  // namespace otter::server
