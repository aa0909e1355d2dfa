// GET /api/v1/audit: the audit log as JSON lines. docs/spec/audit.md. Any thread.
#pragma once

#include "server/call.h"

namespace otter::server {

// GET /api/v1/audit?after=N: the entries behind number N, the oldest first, at most 1000; the rest
// comes when asked for behind the last of these. Errors: invalid_field
Response list_audit(const Call& call);

}  // namespace otter::server
