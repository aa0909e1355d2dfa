// The document that describes every route, docs/spec/openapi.json, as the program carries it.
// Constant, any thread.
#pragma once

#include <string_view>

#include "server/call.h"

namespace otter::server {

// Its bytes. CMakeLists.txt puts them into the program.
extern const std::string_view kOpenapiDocument;

// GET /api/v1/openapi.json.
Response serve_openapi(const Call& call);

}  // namespace otter::server
