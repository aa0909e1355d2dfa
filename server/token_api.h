// The endpoints for tokens, which admins use. docs/spec/accounts.md. Any thread.
//
// Errors of all: those of admin_api.h
#pragma once

#include "server/call.h"

namespace otter::server {

// GET /api/v1/tokens?account=NAME: those of an account, or all; sessions as well.
Response list_tokens(const Call& call);
// POST /api/v1/tokens; the secret is shown this once. Errors: not_found (account, product)
Response add_token(const Call& call);
// DELETE /api/v1/tokens/<id>: also a session, also the one that asks. Errors: not_found, last_admin
Response revoke_token(const Call& call);

}  // namespace otter::server
