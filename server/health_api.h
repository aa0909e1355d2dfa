// GET /healthz and /readyz. docs/operating.md. Any thread.
#pragma once

#include "server/call.h"

namespace otter::server {

// The process answers.
Response serve_alive(const Call& call);
// It can serve: the store is read and written, the certificate holds, it is not about to stop.
//
// Errors: HttpError not_ready; StoreError
Response serve_ready(const Call& call);
}  // namespace otter::server
