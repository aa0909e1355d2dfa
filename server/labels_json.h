// Tags and attributes as JSON: docs/spec/labels.md. Pure, any thread.
#pragma once

#include <boost/json.hpp>

#include "fleet/labels.h"

namespace otter::server {

boost::json::array tags_json(const fleet::Labels& labels);
boost::json::object attributes_json(const fleet::Labels& labels);

// What the members `tags` and `attributes` ask for; what is missing asks for nothing.
//
// Errors: HttpError invalid_field (of another form)
fleet::LabelChange read_label_change(const boost::json::object& object);

}  // namespace otter::server
