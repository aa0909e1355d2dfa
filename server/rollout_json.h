// A rollout's plan as JSON, docs/spec/rollout.md: what people send, and what is kept. Pure, any
// thread.
#pragma once

#include <boost/json.hpp>

#include "fleet/rollout.h"

namespace otter::server {

// The plan, with what it leaves out as its template has it. What plan_json() wrote comes out the
// same.
//
// Errors: HttpError invalid_field (a member is unknown, or not what it has to be; the plan can't be
//         run), with the member's name and what is expected
fleet::Plan plan_from_json(const boost::json::object& object);

boost::json::object plan_json(const fleet::Plan& plan);

}  // namespace otter::server
