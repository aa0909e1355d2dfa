// GET /api/v1/events. docs/spec/admin-api.md. Any thread.
#pragma once

#include "server/call.h"

namespace otter::server {

// What happens, as it happens, to the end of the connection. Errors: HttpError busy, bad_query
Response serve_events(const Call& call);

}  // namespace otter::server
