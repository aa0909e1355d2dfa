// The endpoints that operators and publishers use, with a token. docs/spec/admin-api.md. Each is a
// function of its Call; what it can't serve it throws as HttpError. Any thread.
//
// Errors of all: HttpError unauthorized; of those with a body: unsupported_media_type, bad_json,
// invalid_field
#pragma once

#include "server/call.h"

namespace otter::server {

constexpr size_t kBlobSizeMax = 16 * 1024 * 1024 + 64 * 1024;  // [bytes] image, signature sector

// POST /api/v1/products; the secrets are shown this once. Errors: exists, wrong_chip
Response add_product(const Call& call);
// GET /api/v1/products?product=P
Response list_products(const Call& call);
// GET /api/v1/products/<name>?channel=stable. Errors: not_found
Response show_product(const Call& call);
// PATCH /api/v1/products/<name>: whom it takes as devices, and whether its key alone opens
// firmware. Errors: not_found
Response change_product(const Call& call);
// POST /api/v1/products/<name>/keys: one more API key. Errors: not_found
Response add_product_key(const Call& call);

// PUT /api/v1/blobs/<sha256>. Errors: hash_differs, not_found (no such name)
Response put_blob(const Call& call);

// POST /api/v1/keys/release. Errors: exists
Response add_release_key(const Call& call);
// GET /api/v1/keys/release: those that count, of the newest root metadata if there is any.
Response list_release_keys(const Call& call);

}  // namespace otter::server
