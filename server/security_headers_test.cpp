#include "server/security_headers.h"

#include <gtest/gtest.h>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

void expect_guarded(const Response& response) {
  EXPECT_EQ(header_of(response, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(header_of(response, "Content-Security-Policy"),
            "default-src 'none'; frame-ancestors 'none'");
  EXPECT_EQ(header_of(response, "Referrer-Policy"), "no-referrer");
  EXPECT_NE(header_of(response, "Cache-Control"), "");
}

TEST(SecurityHeaders, AreOnAllThatABrowserMayShow) {
  OfflineServer server;
  for (const char* target :
       {"/api/v1/products", "/api/v1/openapi.json", "/api/v1/events", "/healthz", "/readyz",
        "/metrics", "/assets/none", "/api//", "/api/v1/nothing"}) {
    SCOPED_TRACE(target);
    expect_guarded(server.admin("GET", target));
    expect_guarded(server.send(request_of("GET", target)));
  }
  expect_guarded(server.router.refuse(400, "192.0.2.7", "not HTTP"));
}

TEST(SecurityHeaders, LetNobodyKeepWhatTheApiSays) {
  OfflineServer server;
  EXPECT_EQ(header_of(server.admin("GET", "/api/v1/products"), "Cache-Control"), "no-store");
  EXPECT_EQ(header_of(server.admin("GET", "/api/v1/products/none"), "Cache-Control"), "no-store");
  EXPECT_EQ(header_of(server.admin("GET", "/api/v1/openapi.json"), "Cache-Control"), "no-cache");
}

TEST(SecurityHeaders, AreNotSentToDevices) {
  OfflineServer server;
  server.publish("1.0.1", 1);
  for (const char* target : {"/firmware/manifest", "/firmware/1.0.1.bin", "/firmware/9.bin"}) {
    EXPECT_EQ(header_of(server.get(target), "Content-Security-Policy"), "") << target;
  }
}

TEST(SecurityHeaders, ForbidPlainHttpIfTheSettingSaysSo) {
  OfflineServer server;
  const Request request = request_of("GET", "/healthz");
  EXPECT_EQ(header_of(server.send(request), "Strict-Transport-Security"), "");
  server.settings.hsts_s = 3600;
  EXPECT_EQ(header_of(server.send(request), "Strict-Transport-Security"), "max-age=3600");
}

}  // namespace
}  // namespace otter::server
