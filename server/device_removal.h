// DELETE /api/v1/devices/<id>: a device that is no more. docs/spec/admin-api.md. Any thread.
#pragma once

#include "server/call.h"

namespace otter::server {

// With its labels, reports and outcomes; rollouts keep its ends, and it leaves those that it is at
// without counting. Its key opens nothing from then on. Whether it may come back as a new one is
// its product's enrolment.
//
// Errors: HttpError not_found
Response remove_device(const Call& call);

}  // namespace otter::server
