// GET /api/v1/audit: the audit log as JSON lines. docs/spec/audit.md. Any thread.
#pragma once

#include "server/call.h"

namespace otter::server {

// GET /api/v1/audit?after=N: the entries behind number N, the oldest first, at most 1000; the rest
// comes when asked for behind the last of these. ?last=N: of these the newest N, at most 1000.
//
// Errors: HttpError bad_query
Response list_audit(const Call& call);

}  // namespace otter::server
