// A product's devices, counted: what the dashboard's first page shows. docs/spec/admin-api.md. Any
// thread.
#pragma once

#include "server/call.h"

namespace otter::server {

// Versions that are counted by themselves: those with the most devices.
constexpr size_t kCountedVersionsMax = 100;

// GET /api/v1/products/<name>/fleet: how many devices run which version, had which latest outcome,
// are in which boot state, stand how with the server, and were seen how long ago. Each count is
// that of the list of devices with the same filter.
//
// Errors: HttpError not_found, bad_query
// Cost:   reads all devices of the product
Response count_fleet(const Call& call);

}  // namespace otter::server
