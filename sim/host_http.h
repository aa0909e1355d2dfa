// The core's Http on real sockets: HTTPS to one server by publish/https_client. One caller at a
// time.
#pragma once

#include <functional>
#include <string>

#include "ota/http.h"
#include "publish/https_client.h"

namespace otter::sim {

class HostHttp : public Http {
 public:
  // `on_error` is told what an error was, for a person to read; it may be empty.
  HostHttp(HttpsClientSettings settings, std::function<void(const std::string&)> on_error)
      : client_(std::move(settings)), on_error_(std::move(on_error)) {}

  Error open(const HttpRequest& request, HttpResponse* response) override;
  Result<size_t> read(MutableBytes out) override;
  void close() override { client_.close(); }
  void use_trust(const TlsTrust&) override {}

 private:
  void tell(Error error) const;

  HttpsClient client_;
  std::function<void(const std::string&)> on_error_;
};

// The head of an answer as the core wants it. A header that can't be read counts as not given; a
// 206 without a readable Content-Range can't be used.
//
// Errors: malformed
Error map_response_head(const HttpsResponseHead& head, HttpResponse* response);

}  // namespace otter::sim
