// GET /metrics. docs/operating.md. Any thread.
#pragma once

#include "server/call.h"

namespace otter::server {

// The figures of the server for Prometheus, to whom the setting `metrics` lets read them: an
// operator, who bears the token of `metrics_token_file`, or this machine.
//
// Errors: HttpError unauthorized, not_found (they are off)
Response serve_metrics(const Call& call);

}  // namespace otter::server
