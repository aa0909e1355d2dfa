// The configurations of a product's devices, as operators keep them. docs/spec/admin-api.md. Each
// is a function of its Call; what it can't serve it throws as HttpError. Any thread.
//
// Errors of all: HttpError unauthorized, not_found (no such product)
#pragma once

#include "server/call.h"

namespace otter::server {

// PUT /api/v1/products/<name>/config: keeps the body, a configuration. It is not yet in force.
//
// Errors: those of parse_configuration(), version_used (not above all before it)
Response add_configuration(const Call& call);

// POST /api/v1/products/<name>/config: puts the version that the body names in force.
//
// Errors: unsupported_media_type, bad_json, invalid_field, not_found (no such version)
Response use_configuration(const Call& call);

// GET /api/v1/products/<name>/config?version=N: the one in force, or version N; all versions; and
// how many devices have it.
//
// Errors: not_found (no such version)
Response show_configuration(const Call& call);

}  // namespace otter::server
