// The dashboard as the program carries it: the files that web/ is built into, at `/` and
// `/assets/`. docs/dashboard.md. Constant, any thread.
#pragma once

#include <span>
#include <string_view>

#include "server/call.h"

namespace otter::server {

struct DashboardFile {
  std::string_view name;  // "" is the page itself; else "assets/..." with a hash of the content
  std::string_view type;  // Content-Type
  std::string_view hash;  // of the content, in hexadecimal digits
  std::string_view identity;
  std::string_view gzip;    // of the same bytes
  std::string_view brotli;  // of the same bytes
};

// None if the program was built without Node. CMakeLists.txt puts them into it.
std::span<const DashboardFile> dashboard_files();

// The answer to a request for one of `files` by its name: in the smallest form that the client
// takes, or 304. Without any files, the page says how to get them.
//
// Errors: HttpError not_found
// Source: RFC 9110 section 12.5.3 (Accept-Encoding), RFC 8246 (immutable)
Response dashboard_response(std::span<const DashboardFile> files, std::string_view name,
                            const Request& request);

// GET /
Response serve_dashboard(const Call& call);
// GET /assets/<file>
Response serve_dashboard_file(const Call& call);

}  // namespace otter::server
