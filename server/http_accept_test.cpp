// Who takes a new connection: the event loop that has time.
#include <gtest/gtest.h>

#include <future>

#include "server/http_fixture.h"

namespace otter::server {
namespace {

// Two event loops; one of them is held by a request of /slow until finish().
class HeldServer {
 public:
  HeldServer() : server_(settings(), routes(), metrics_) { server_.start(); }

  HttpsClientSettings client_settings() const {
    return {.endpoint = {"127.0.0.1", std::to_string(server_.port())},
            .ca_file = local_certificates().authority()};
  }
  void wait_until_held() { held_.get_future().wait(); }
  void finish() { finished_.set_value(); }

 private:
  static HttpSettings settings() {
    HttpSettings out;
    out.tls.certificate_file = local_certificates().file(kServerCertificateFile);
    out.tls.key_file = local_certificates().file(kServerKeyFile);
    out.threads = 2;
    return out;
  }

  Routes routes() {
    Routes out;
    out.handle = [this](const Request& request) {
      if (request.target == "/slow") {
        held_.set_value();
        finished_.get_future().wait();
      }
      return Response{};
    };
    out.body_size_max = [](const Request&) { return kBodySizeMax; };
    return out;
  }

  std::promise<void> held_;
  std::promise<void> finished_;
  Metrics metrics_;
  HttpServer server_;
};

unsigned status_of(const HttpsClientSettings& settings, const std::string& target) {
  HttpsClient client(settings);
  return ask(client, "GET", target).head.status;
}

TEST(HttpAccept, NoNewConnectionWaitsBehindASlowHandler) {
  HeldServer server;
  auto slow = std::async(std::launch::async, status_of, server.client_settings(), "/slow");
  server.wait_until_held();
  for (int i = 0; i < 6; ++i) EXPECT_EQ(status_of(server.client_settings(), "/quick"), 200U);
  server.finish();
  EXPECT_EQ(slow.get(), 200U);
}

}  // namespace
}  // namespace otter::server
