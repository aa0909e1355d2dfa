// The HTTPS server's engine: sockets, TLS, HTTP/1.1. It knows no route: each request goes to one
// handler. Own threads; the handler is called from any of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/limits.h"
#include "server/metrics.h"
#include "server/tls_settings.h"

namespace otter::server {

struct Route;

struct Request {
  std::string method;  // "GET"
  std::string target;  // path and query as they came, percent-encoded, "/" in front
  std::vector<std::pair<std::string, std::string>> headers;  // as they came
  std::string body;
  std::string remote;  // the peer's address, without port
  // Names in the certificate that the client has shown: tls_context.h. Empty: it has shown none.
  std::vector<std::string> certified = {};

  // The first header of that name in any case, or nullptr.
  const std::string* header(std::string_view name) const;
};

// A part of a file, sent from disk piece by piece.
struct FilePart {
  std::string path;
  uint64_t offset = 0;  // [bytes]
  uint64_t size = 0;    // [bytes]
};

struct Response;
// Takes an answer, from any thread.
using Reply = std::function<void(Response)>;

struct Response {
  unsigned status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::optional<FilePart> file;  // in place of body
  // For HEAD: Content-Length tells of body or file, but nothing of it is sent.
  // Always so for a request with method HEAD.
  bool head_only = false;
  // In place of all others: the answer is not there yet. The engine calls it once, with where the
  // answer has to go; that is called once, too, in any case. The request is kept until then, and
  // the connection's thread serves others.
  std::function<void(Reply)> later;
  // What comes behind the body, piece by piece, for as long as it takes; the connection ends with
  // it. The engine calls it, as `later`, each time that it has sent what it has; the answer's body
  // is the next piece, an empty one the end. Not asked for a HEAD.
  std::function<void(Reply)> more;
  // For metrics and the access log; nothing of it is sent.
  const Route* route = nullptr;  // that answered; nullptr: none
  std::string device;            // whose key the request bore; empty: no device's
};

// What became of a request, once its answer is sent or the connection lost.
struct Exchange {
  const Request& request;  // as far as it was read
  const Response& response;
  uint64_t sent_bytes = 0;           // of the answer, its head included
  std::chrono::nanoseconds took{0};  // from the request's first byte
};

struct HttpSettings {
  std::string address = "127.0.0.1";
  uint16_t port = 0;  // 0: any free one
  TlsSettings tls;
  unsigned threads = 2;
  Limits limits;
};

// What a server needs to know of its routes.
struct Routes {
  // Answers one request, at once or later. Must not throw.
  std::function<Response(const Request&)> handle;
  // The largest body [bytes] that is read for a request; asked before reading it.
  std::function<size_t(const Request&)> body_size_max;
  // Answers what could not become a request: 400 (not HTTP, or it could be read in two ways), 408
  // (too slow), 413, 414, 417, 429 (too many connections of one address), 431, 503 (too many
  // connections in all); and 500 if a response's file can't be opened. The connection is closed
  // after it. Must not throw.
  std::function<Response(unsigned status, const std::string& remote, const std::string& detail)>
      refuse;
  // Told of each request that was answered or refused; may be empty. Must not throw.
  std::function<void(const Exchange&)> done;
};

class HttpServer {
 public:
  // Binds and listens. Lets the process ignore SIGPIPE: OpenSSL writes to sockets that may be
  // closed. `metrics` must outlive it.
  //
  // Errors: throws std::runtime_error with one clear line: the address is in use or not an
  //         address; the certificate or key can't be read, or they do not belong together
  HttpServer(HttpSettings settings, Routes routes, Metrics& metrics);
  // Stops, if stop() was not called.
  ~HttpServer();

  uint16_t port() const;

  // While it serves, too. Errors: std::runtime_error: one clear line, and all stays as it was
  void reload_certificates();
  void rotate_ticket_keys();
  int64_t certificate_expires_s() const;  // [s since 1970-01-01 UTC]

  // Begins to serve; returns at once.
  void start();
  // Refuses new connections, finishes what is in flight within drain_deadline_ms, joins the
  // threads.
  //
  // REQUIRES: not called from a handler; what answers later still works
  // Cost:     at most drain_deadline_ms and the time of the longest running handler
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace otter::server
