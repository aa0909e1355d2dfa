// How a device gets its own key: it asks for it with its product's key, or an operator asks, to
// write it into a new board. docs/spec/device-keys.md. Each is a function of its Call; what it
// can't serve it throws as HttpError. Any thread.
#pragma once

#include "server/call.h"

namespace otter::server {

// POST /firmware/enroll: gives a device its own key, if its product takes it; again and again the
// same. 202 while it waits for an operator.
//
// Errors: HttpError unauthorized, forbidden (another product's; not listed; revoked), bad_json,
//         unsupported_media_type, invalid_field, wrong_chip
Response enroll_device(const Call& call);

// POST /api/v1/devices: the same for a device that has not been there yet, whomever its product
// takes. docs/spec/admin-api.md
//
// Errors: HttpError unauthorized, bad_json, unsupported_media_type, invalid_field (also: no chip,
//         and the product has none), not_found (product), wrong_chip, exists (the device is another
//         product's)
Response provision_device(const Call& call);

}  // namespace otter::server
