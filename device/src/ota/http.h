// One HTTPS connection to the update server, as the core sees it. The chip's implementation is
// ota_esp/, the simulator's sim/host_http (real sockets) and its hostile network. One caller at a
// time. The implementation owns address, TLS and pinned CA, keeps the connection alive between
// requests, and follows no redirect.
#pragma once

#include "ota/wire/error.h"

namespace otter {

enum class HttpMethod : uint8_t { get, post };

struct HttpHeader {
  Text name;
  Text value;
};
constexpr size_t kRequestHeadersMax = 6;

struct HttpRequest {
  HttpMethod method = HttpMethod::get;
  Text target;  // path and query
  HttpHeader headers[kRequestHeadersMax];
  size_t header_count = 0;
  Bytes body;

  void add(Text name, Text value) {
    if (header_count < kRequestHeadersMax) headers[header_count++] = HttpHeader{name, value};
  }
};

constexpr uint64_t kLengthUnknown = UINT64_MAX;
constexpr size_t kEtagSizeMax = 80;  // [characters]

struct HttpResponse {
  uint16_t status = 0;
  uint64_t content_length = kLengthUnknown;  // [bytes] of this body
  uint64_t range_start = 0;                  // [bytes] from Content-Range, of a 206
  uint32_t retry_after_s = 0;                // [s] 0: not given
  char etag[kEtagSizeMax + 1] = {};          // NUL terminated, quotes included; empty: not given
};

class Http {
 public:
  virtual ~Http() = default;

  // Sends a request and reads the head of the answer. A body that is still being read is dropped.
  //
  // Errors: network_unreachable, network_timeout, network_closed, tls_untrusted, malformed
  // Cost:   blocks for one round trip, with a handshake before it if there is no connection
  virtual Error open(const HttpRequest& request, HttpResponse* response) = 0;

  // Reads the next bytes of the body; 0 at its end.
  //
  // Errors: network_timeout, network_closed (before content_length), malformed
  // Cost:   blocks until there is at least one byte
  virtual Result<size_t> read(MutableBytes out) = 0;

  // Ends the request; the connection is kept if its body was read to the end.
  virtual void close() = 0;
};

}  // namespace otter
