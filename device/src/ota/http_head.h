// The head of an HTTP answer as the core wants it, from headers as an HTTP library gives them.
// Pure, any thread.
#pragma once

#include "ota/http.h"

namespace otter {

// Takes one header over into `response`; names that the core has no use for are passed over. A
// value that can't be read counts as not given, and so does one that is too long.
//   Content-Length, ETag, Location, Content-Range (RFC 9110: "bytes 100-199/1000"), Retry-After (in
//   seconds: the other form, a date, is not for devices that may have no clock)
void take_header(Text name, Text value, HttpResponse* response);

}  // namespace otter
