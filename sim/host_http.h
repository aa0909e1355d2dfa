// The core's Http on real sockets: the update server and whatever other origins a device is sent
// to, by publish/https_client. One caller at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "ota/http.h"
#include "publish/https_client.h"

namespace otter::sim {

class HostHttp : public Http {
 public:
  // `server` is the update server. `on_error` is told what an error was, for a person to read; it
  // may be empty.
  HostHttp(HttpsClientSettings server, std::function<void(const std::string&)> on_error);

  Error open(const HttpRequest& request, HttpResponse* response) override;
  Result<size_t> read(MutableBytes out) override;
  void close() override;
  void use_trust(const TlsTrust& trust) override;

 private:
  HttpsClient& choose(const HttpsEndpoint& endpoint, bool verify_peer);
  void tell(Error error) const;

  HttpsClientSettings server_;
  std::function<void(const std::string&)> on_error_;
  HttpsClient main_;  // to the update server, which must be who it says
  // To another origin, or to whoever answers; kept alive until the next request of another kind.
  std::unique_ptr<HttpsClient> other_;
  std::string other_place_;
  HttpsClient* open_ = nullptr;  // whose answer is being read
};

HttpResponse map_response_head(const HttpsResponseHead& head);

// What of a trust payload can be used.
HttpsTrust usable_trust(const TlsTrust& trust);

}  // namespace otter::sim
