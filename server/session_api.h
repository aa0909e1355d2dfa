// Signing in and out with a name and a password, for the dashboard. docs/spec/accounts.md.
// Any thread.
//
// Errors of all: those of admin_api.h
#pragma once

#include "server/call.h"

namespace otter::server {

// POST /api/v1/session: the answer sets the cookie and tells the CSRF token.
//
// Errors: unauthorized, the same whatever is wrong; too_many_requests
// Cost:   as is_password(), whatever is wrong
Response begin_session(const Call& call);
// GET /api/v1/session: who asks, and with which rights; also with a token.
Response show_session(const Call& call);
// DELETE /api/v1/session. Errors: not_found (a token has none)
Response end_session(const Call& call);
// POST /api/v1/session/password: one's own; signs out everywhere else.
//
// Errors: unauthorized (not the old one), too_many_requests
Response change_password(const Call& call);

}  // namespace otter::server
