// The core's Http on real sockets: HTTPS to one server by publish/https_client. One caller at a
// time.
#pragma once

#include <string>

#include "ota/http.h"
#include "publish/https_client.h"

namespace otter::sim {

class HostHttp : public Http {
 public:
  explicit HostHttp(HttpsClientSettings settings) : client_(std::move(settings)) {}

  Error open(const HttpRequest& request, HttpResponse* response) override;
  Result<size_t> read(MutableBytes out) override { return client_.read(out); }
  void close() override { client_.close(); }

  // What the last error was, for a person to read.
  const std::string& detail() const { return client_.detail(); }

 private:
  HttpsClient client_;
};

// The head of an answer as the core wants it. A header that can't be read counts as not given; a
// 206 without a readable Content-Range can't be used.
//
// Errors: malformed
Error map_response_head(const HttpsResponseHead& head, HttpResponse* response);

}  // namespace otter::sim
