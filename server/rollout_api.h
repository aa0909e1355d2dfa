// Rollouts as operators steer them, and why a device does or doesn't get a release.
// docs/spec/rollout.md. Each is a function of its Call; what it can't serve it throws as HttpError.
// Any thread.
#pragma once

#include "server/call.h"

namespace otter::server {

// POST /api/v1/products/<name>/rollouts: begins one of a staged release.
//
// Errors: HttpError bad_json, unsupported_media_type, invalid_field (the plan, a release that is
//         offered to all), not_found (product, release), exists (a rollout of that name)
Response add_rollout(const Call& call);

// GET /api/v1/products/<name>/rollouts
Response list_rollouts(const Call& call);

// GET /api/v1/products/<name>/rollouts/<rollout>
Response show_rollout(const Call& call);

// PATCH /api/v1/products/<name>/rollouts/<rollout>: a person's word, or looser gates.
//
// Errors: HttpError as above; wrong_phase; forbidden (who has made it can't approve it); busy (it
//         moved in this moment)
Response change_rollout(const Call& call);

// GET /api/v1/products/<name>/rollouts/<rollout>/devices: what became of each
Response list_rollout_devices(const Call& call);

// GET /api/v1/devices/<id>/explanation
Response explain_device(const Call& call);

}  // namespace otter::server
