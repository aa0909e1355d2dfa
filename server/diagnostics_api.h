// What devices have sent of themselves: logs and core dumps. docs/operating.md#diagnostics. Each is
// a function of its Call. Any thread.
//
// Errors: HttpError not_found, bad_query
#pragma once

#include "server/call.h"

namespace otter::server {

// GET /api/v1/devices/<id>/logs: the newest first
Response list_logs(const Call& call);

// GET /api/v1/devices/<id>/coredumps: the newest first, with what each says of its crash
Response list_dumps(const Call& call);

// GET /api/v1/devices/<id>/coredumps/<sha256>: its bytes
Response serve_dump(const Call& call);

}  // namespace otter::server
