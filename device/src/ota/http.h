// HTTPS as the core sees it: one request at a time, to the update server or to a mirror. The chip's
// implementation is ota_esp/, the simulator's sim/host_http (real sockets) and its hostile network.
// One caller at a time. The implementation owns the server's address and TLS, keeps its connection
// alive between requests, and follows no redirect.
#pragma once

#include "ota/wire/json.h"

namespace otter {

enum class HttpMethod : uint8_t { get, post };

struct HttpHeader {
  Text name;
  Text value;
};
constexpr size_t kRequestHeadersMax = 6;

struct HttpRequest {
  HttpMethod method = HttpMethod::get;
  Text origin;  // "https://host[:port]" or "http://host[:port]"; empty: the update server
  Text target;  // path and query
  // False: whoever answers will do. For public data that proves itself, when the certificate that
  // the device trusts is no longer the server's; such a request carries no secret.
  bool verify_peer = true;
  HttpHeader headers[kRequestHeadersMax];
  size_t header_count = 0;
  Bytes body;

  void add(Text name, Text value) {
    if (header_count < kRequestHeadersMax) headers[header_count++] = HttpHeader{name, value};
  }
};

constexpr uint64_t kLengthUnknown = UINT64_MAX;
constexpr size_t kEtagSizeMax = 80;       // [characters]
constexpr size_t kLocationSizeMax = 256;  // [characters]

struct HttpResponse {
  uint16_t status = 0;
  uint64_t content_length = kLengthUnknown;  // [bytes] of this body
  uint64_t range_start = kLengthUnknown;     // [bytes] from Content-Range, of a 206
  uint32_t retry_after_s = 0;                // [s] 0: not given
  char etag[kEtagSizeMax + 1] = {};          // NUL terminated, quotes included; empty: not given
  char location[kLocationSizeMax + 1] = {};  // NUL terminated; empty: not given, or too long
};

// Whom to trust besides what the implementation was made with: views, to be copied.
struct TlsTrust {
  Json anchors;  // array of base64: X.509 certificates in DER
  Json pins;     // array of hexadecimal: SHA-256 of a certificate's SubjectPublicKeyInfo
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

  // From the next connection on, an anchor or a pin of `trust` vouches for the update server, in
  // place of what was trusted before. What can't be used is passed over; if nothing can, all stays.
  virtual void use_trust(const TlsTrust& trust) = 0;
};

}  // namespace otter
