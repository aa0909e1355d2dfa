// Commands to one device: an operator gives them, its next check-ins tell them.
// docs/spec/admin-api.md#commands. Each is a function of its Call; what it can't serve it throws as
// HttpError. Any thread.
#pragma once

#include "server/call.h"

namespace otter::server {

// POST /api/v1/devices/<id>/command: in place of the one that waits, if there is one.
//
// Errors: HttpError not_found, not_enrolled, invalid_field (not a command that a device obeys)
Response give_command(const Call& call);

// DELETE /api/v1/devices/<id>/command: what the device was told it may do all the same.
//
// Errors: HttpError not_found (there is no such device, or no command for it)
Response withdraw_command(const Call& call);

// What this check-in makes of the device's command, durable.
//
// Errors: StoreError
// Cost:   nothing while no command waits; else a write
CommandStep tell_command(const Call& call, const DeviceHealth& health);

}  // namespace otter::server
