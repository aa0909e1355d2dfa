// An HTTPS client with one kept-alive connection to one server: what `otter publish` and the
// virtual boards use; without TLS for mirrors that have none. Blocking, with a deadline on each
// operation. Each object for one thread at a time.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "publish/https_trust.h"

namespace otter {

struct HttpsEndpoint {
  std::string host;  // without the brackets of an IPv6 address
  std::string port;  // "443" if the URL names none
  bool tls = true;
};
// "https://host[:port][/]"; IPv6 addresses in brackets.
//
// Errors: malformed (anything else, http:// included), unsupported (a path, user or query)
Result<HttpsEndpoint> parse_https_url(Text url);
// The same, or "http://host[:port][/]": port "80" if it names none, and no TLS.
//
// Errors: malformed, unsupported
Result<HttpsEndpoint> parse_origin(Text origin);

struct HttpsClientSettings {
  HttpsEndpoint endpoint;
  // PEM file with the only authority that is trusted; empty: the system's.
  std::string ca_file;
  std::optional<HttpsTrust> trust = {};  // in place of ca_file
  // False: whoever answers will do. For public data that proves itself.
  bool verify_peer = true;
  // For each connect, handshake, write and read. A name that the system is slow to resolve ends
  // open() in time too, but then the destructor waits for the system's resolver.
  std::chrono::milliseconds timeout{15000};
  // Told now and then how much of a request has been sent [bytes], head and body. May not throw.
  std::function<void(uint64_t)> sent = {};
};

constexpr size_t kResponseHeaderSizeMax = 16 * 1024;  // [bytes]

struct HttpsResponseHead {
  unsigned status = 0;
  // Names in lower case; what came more than once is joined with ", ".
  std::map<std::string, std::string> headers;
};

class HttpsClient {
 public:
  explicit HttpsClient(HttpsClientSettings settings);
  ~HttpsClient();
  HttpsClient& operator=(HttpsClient&& other) noexcept;

  // Sends a request and reads the head of its answer. Connects if there is no connection, and once
  // more if a kept one turns out to be dead before it gave a byte of the answer. What is left of
  // an earlier body is dropped with its connection. Host and Content-Length are added; the answer
  // to HEAD, 204 and 304 have no body.
  //
  // Errors: network_unreachable, network_timeout, network_closed, tls_untrusted, malformed (also
  //         a head over kResponseHeaderSizeMax), settings_io (the CA file can't be read)
  Error open(const std::string& method, const std::string& target,
             const std::vector<std::pair<std::string, std::string>>& headers, Bytes body,
             HttpsResponseHead* head);

  // The next bytes of the body; 0 at its end.
  //
  // Errors: network_timeout, network_closed, malformed
  // Cost:   blocks until there is at least one byte
  Result<size_t> read(MutableBytes out);

  // Keeps the connection if the body was read to its end, else drops it.
  void close();

  // What the last error was, in the words of the system or of OpenSSL: for a person to read.
  const std::string& detail() const;

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace otter
