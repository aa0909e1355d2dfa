// Text as it may stand in a URL. Pure, any thread.
#pragma once

#include <string>

namespace otter {

// `text` as it may stand in one segment of a path, in a query's value or in a form's: all but the
// unreserved characters of RFC 3986 section 2.3 percent-encoded.
std::string url_encode(const std::string& text);

}  // namespace otter
