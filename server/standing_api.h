// How devices stand with the server: operators let them in and shut them out.
// docs/spec/admin-api.md and docs/operating.md. Each is a function of its Call; what it can't serve
// it throws as HttpError. Any thread.
#pragma once

#include <boost/json.hpp>

#include "server/call.h"

namespace otter::server {

// POST /api/v1/products/<name>/devices: each of the ids gets a key when it asks for one. One that
// is enrolled stays it, one that is revoked as well: a list is no reason to let that one in.
//
// Errors: HttpError not_found (product), invalid_field (no ids, too many, one is none), exists (one
//         is another product's; then nothing is changed)
Response allow_devices(const Call& call);

// Lets one device in (`allowed`), or shuts it out (`revoked`): its key opens nothing from the next
// request on. One that was revoked is enrolled again when it is let in: it may have its key still.
// Gives how it stands then.
//
// REQUIRES: within make_change()
// Errors: HttpError invalid_field
Standing change_standing(const Call& call, Device device, const boost::json::object& body);

// Tells listeners of events of a device's new standing.
void tell_standing(const Call& call, const Device& device);

}  // namespace otter::server
