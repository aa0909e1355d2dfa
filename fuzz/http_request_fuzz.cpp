// The bytes of a connection: read as a request, at once and in pieces, and routed. What is accepted
// is accepted in both ways and is the same, so nothing depends on how the network cuts, and it has
// one meaning. (What is refused may be refused at once or when nothing more comes.)
#include <algorithm>

#include "fuzz/served.h"
#include "server/http_request.h"

namespace otter {
namespace {

constexpr size_t kBodyMax = 300;  // [bytes] small, so that the fuzzer gets beyond it
constexpr server::Limits kLimits{
    .header_bytes_max = 1024, .header_fields_max = 12, .target_bytes_max = 256};

struct Reading {
  server::Request request;
  size_t taken = 0;  // [bytes]
  bool complete = false;
};

// As a connection does it with `piece` new bytes at a time.
Reading read(std::string_view bytes, size_t piece) {
  server::RequestParser parser(kLimits);
  Reading reading;
  bool limited = false;
  for (size_t known = 0; known < bytes.size();) {
    known = std::min(known + piece, bytes.size());
    size_t size = 0;
    do {
      size = parser.take(bytes.substr(reading.taken, known - reading.taken));
      reading.taken += size;
      if (!parser.refusal() && parser.header_complete() && !std::exchange(limited, true)) {
        parser.limit_body(kBodyMax);
      }
    } while (size > 0 && !parser.refusal() && !parser.complete());
    if (parser.refusal() || parser.complete()) break;
  }
  reading.complete = parser.complete() && !parser.refusal();
  reading.request = parser.request();
  return reading;
}

void check_meaning(const server::Request& request) {
  const auto count = [&](const char* name) {
    return std::count_if(request.headers.begin(), request.headers.end(), [&](const auto& header) {
      const server::Request one{{}, {}, {header}, {}, {}};
      return one.header(name) != nullptr;
    });
  };
  otter::require(count("Host") <= 1, "at most one Host");
  otter::require(count("Content-Length") + count("Transfer-Encoding") <= 1, "one end of the body");
  otter::require(request.headers.size() <= kLimits.header_fields_max,
                 "no more fields than allowed");
  otter::require(request.target.size() <= kLimits.target_bytes_max,
                 "no longer target than allowed");
  otter::require(request.target.starts_with('/'), "the target is a path");
  otter::require(request.body.size() <= kBodyMax, "no larger body than allowed");
  const std::string* length = request.header("Content-Length");
  otter::require(length == nullptr || std::stoull(*length) == request.body.size(),
                 "the body is as long as it says");
}

void check_target(const std::string& text) {
  try {
    const server::Target target = server::parse_target(text);
    for (const std::string& segment : target.segments) {
      otter::require(!segment.empty() && segment != "." && segment != "..", "a segment is a name");
      otter::require(segment.find_first_of(std::string("/\\\0", 3)) == std::string::npos,
                     "a segment is one segment");
    }
  } catch (const server::HttpError& error) {
    otter::require(error.status == 400 || error.status == 404, "a wrong path is refused as such");
  }
}

}  // namespace
}  // namespace otter

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Reading whole = read(bytes, std::max<size_t>(bytes.size(), 1));
  const Reading pieces = read(bytes, size_t{data[0]} + 1);
  require(whole.complete == pieces.complete, "pieces are read as the whole is");
  if (!whole.complete) return 0;
  require(whole.taken == pieces.taken, "a request ends at one place");
  require(whole.request.headers == pieces.request.headers, "pieces have the same headers");
  require(whole.request.body == pieces.request.body, "pieces have the same body");
  check_meaning(whole.request);
  check_target(whole.request.target);
  const std::string& method = whole.request.method;
  const server::Response response = served().answer(whole.request);
  require(response.head_only == (method == "HEAD"), "HEAD alone has no body");
  return 0;
}
