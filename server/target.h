// A request's target taken apart: path segments and query, percent-decoded once and checked, so
// that no later code meets a path trick. Pure, any thread.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace otter::server {

constexpr size_t kSegmentSizeMax = 160;  // [characters] decoded; longer than any name here
constexpr size_t kSegmentsInPathMax = 16;

struct Target {
  std::vector<std::string> segments;         // "/firmware/manifest" -> firmware, manifest
  std::map<std::string, std::string> query;  // "?product=lamp"
};

// `target` as it stands in the request line: a path, or a URL with one (RFC 9112 section 3.2).
//
// Errors: HttpError bad_path (an escape that is none, an empty segment, "." or "..", a slash,
//         backslash, NUL or other control byte in a segment, a twice given query key),
//         not_found (a segment longer than any name)
Target parse_target(const std::string& target);

}  // namespace otter::server
