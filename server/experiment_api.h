// Experiments as operators steer them. docs/spec/experiment.md. Each is a function of its Call;
// what it can't serve it throws as HttpError. Any thread.
#pragma once

#include "server/call.h"

namespace otter::server {

// POST /api/v1/products/<name>/experiments: begins one, or only notes it if it is a draft.
//
// Errors: HttpError bad_json, unsupported_media_type, invalid_field (the plan, a release that is
//         offered to all), not_found (product, release), exists (an experiment of that name)
Response add_experiment(const Call& call);

// GET /api/v1/products/<name>/experiments
Response list_experiments(const Call& call);

// GET /api/v1/products/<name>/experiments/<experiment>
Response show_experiment(const Call& call);

// PATCH /api/v1/products/<name>/experiments/<experiment>: start, stop, conclude.
//
// Errors: HttpError as above; wrong_phase; busy (it moved in this moment)
Response change_experiment(const Call& call);

// GET /api/v1/products/<name>/experiments/<experiment>/devices: arm and figure of each
Response list_experiment_devices(const Call& call);

// POST /api/v1/products/<name>/experiments/<experiment>/rollout: the winner's release goes out.
//
// Errors: HttpError as of add_rollout(); wrong_phase (it has no winner, or became a rollout before)
Response promote_experiment(const Call& call);

}  // namespace otter::server
