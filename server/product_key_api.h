// The shared keys of a product, which admins use. docs/spec/admin-api.md. Any thread.
//
// Errors of all: those of admin_api.h
#pragma once

#include "server/call.h"

namespace otter::server {

// GET /api/v1/products/<name>/keys: by their ids. Errors: not_found
Response list_product_keys(const Call& call);
// DELETE /api/v1/products/<name>/keys/<id>: it opens nothing from the next request on; devices that
// have keys of their own need none. Errors: not_found
Response revoke_product_key(const Call& call);

}  // namespace otter::server
