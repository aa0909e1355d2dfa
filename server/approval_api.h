// Two-person approval: a product may ask that a release is offered to nobody until a second account
// approves it. docs/spec/accounts.md. Any thread.
//
// Errors of all: those of admin_api.h
#pragma once

#include "server/call.h"

namespace otter::server {

// PUT /api/v1/products/<name>/approval: for releases from now on; what is pending stays it.
//
// Errors: not_found
Response set_approval(const Call& call);
// POST /api/v1/releases/<product>/<version>/approval; once more: nothing more happens.
//
// Errors: not_found, forbidden (the account that published it)
Response approve_release(const Call& call);

// The release that a path /api/v1/releases/<product>/<version>... names, pending or not.
//
// Errors: HttpError not_found
ReleasePtr named_release(const Call& call);

}  // namespace otter::server
