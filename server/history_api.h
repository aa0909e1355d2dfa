// How devices fared over time, and why updates fail. docs/operating.md#diagnostics. Each is a
// function of its Call. Any thread.
//
// Errors: HttpError not_found, bad_query
#pragma once

#include "server/call.h"

namespace otter::server {

// GET /api/v1/devices/<id>/history: the newest samples first, in pages
Response list_history(const Call& call);

// GET /api/v1/products/<name>/versions: devices by version and day, of the last `days`
Response count_versions(const Call& call);

// GET /api/v1/products/<name>/failures: reasons, that of most devices first, of the last `days`
Response rank_failures(const Call& call);

}  // namespace otter::server
