// A rollout's plan as JSON: what operators write, what is kept, what is shown.
// docs/spec/rollout.md. Pure, any thread.
#pragma once

#include <boost/json.hpp>

#include "fleet/rollout.h"

namespace otter::server {

// Members that are missing have the template's values. id, product, version and image_bytes of the
// plan are not in it; what the members together come to is objection_to()'s.
//
// Errors: std::runtime_error (an unknown member, a wrong type or value: which, and what is
// expected)
fleet::Plan plan_from_json(const boost::json::object& document);

// All members, so that plan_from_json() gives the same plan whatever its templates become.
boost::json::object plan_json(const fleet::Plan& plan);

}  // namespace otter::server
