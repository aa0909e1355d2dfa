// What would become of a rollout, before it begins: which devices can't take a release, and why.
// docs/spec/rollout.md. A function of its Call. Any thread.
#pragma once

#include "server/call.h"

namespace otter::server {

// GET /api/v1/releases/<product>/<version>/preflight?group=: counts, and the devices that can't
// take it, by id. What the server does not know of a device is not held against it.
//
// Errors: HttpError not_found, bad_query
// Cost:   reads all devices of the product
Response show_preflight(const Call& call);

}  // namespace otter::server
