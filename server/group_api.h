// Groups: filters of devices under a name, of one product each. docs/spec/admin-api.md. Each is a
// function of its Call; what it can't serve it throws as HttpError. Any thread.
#pragma once

#include "server/call.h"

namespace otter::server {

constexpr size_t kGroupsMax = 100;  // of a product: a list asks each of all its devices

// GET /api/v1/products/<name>/groups: with how many devices each has now
//
// Errors: HttpError not_found (product), bad_query
Response list_groups(const Call& call);
// GET /api/v1/products/<name>/groups/<group>
//
// Errors: HttpError not_found, bad_query
Response show_group(const Call& call);
// PUT /api/v1/products/<name>/groups/<group>: the answer has no count, for other changes wait
// meanwhile
//
// Errors: HttpError not_found (product), invalid_field (the name, the filter, too many groups)
Response put_group(const Call& call);
// DELETE /api/v1/products/<name>/groups/<group>
//
// Errors: HttpError not_found
Response remove_group(const Call& call);

}  // namespace otter::server
