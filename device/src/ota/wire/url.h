// The few URLs that a device follows: mirrors and redirects. Pure, any thread.
#pragma once

#include "ota/wire/error.h"

namespace otter {

constexpr size_t kOriginSizeMax = 96;  // [characters]

// True for "https://host[:port]" and "http://host[:port]", nothing behind: RFC 3986 characters of
// host and port only, no user, at most kOriginSizeMax.
bool is_origin(Text text);

// An absolute URL's two parts, views into it.
struct UrlParts {
  Text origin;
  Text target;  // path and query; "/" if there is none
};

// Errors: malformed (not http or https; a user, a fragment, white space or a control character)
Result<UrlParts> split_url(Text url);

// True for what may stand behind an origin: begins with one slash, and is visible ASCII.
bool is_target(Text text);

}  // namespace otter
