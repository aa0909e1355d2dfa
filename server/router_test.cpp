#include "server/router.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "server/admin_api.h"
#include "server/http_metrics.h"
#include "server/routes.h"
#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;

TEST(Router, KnowsNoOtherPaths) {
  OfflineServer server;
  for (const char* target : {"/assets", "/firmware", "/admin", "/firmware/blob", "/api/v1",
                             "/api/v2/x", "/firmware/blob/a/b", "/index.html"}) {
    EXPECT_EQ(problem_of(server.get(target)), "404 not_found") << target;
  }
}

TEST(Router, NamesTheMethodsThatAPathKnows) {
  OfflineServer server;
  const Response response = server.send(request_of("DELETE", "/firmware/manifest"));
  EXPECT_EQ(problem_of(response), "405 method_not_allowed");
  EXPECT_EQ(header_of(response, "Allow"), "GET, HEAD");
  EXPECT_EQ(header_of(server.get("/firmware/report"), "Allow"), "POST");
  EXPECT_EQ(header_of(server.admin("PATCH", "/api/v1/products"), "Allow"), "POST, GET, HEAD");
}

TEST(Router, AnswersPathTricksWithAProblem) {
  OfflineServer server;
  for (const char* target : {"/firmware/..%2fotter.sqlite", "/firmware//manifest",
                             "/firmware/%00.bin", "/firmware/../secrets/admin.token", ""}) {
    EXPECT_EQ(problem_of(server.get(target)), "400 bad_path") << target;
    EXPECT_THAT(server.log_lines.str(), HasSubstr("Request refused: bad_path"));
    server.log_lines.str("");
  }
  EXPECT_EQ(problem_of(server.get("/firmware/" + std::string(8192, 'a'))), "404 not_found");
}

TEST(Router, LogsWhatItRefuses) {
  OfflineServer server;
  server.send(request_of("GET", "/x%0a\ny"));
  EXPECT_THAT(
      server.log_lines.str(),
      HasSubstr("warning: Request refused: bad_path status=400 method=GET path=/x%0a\\x0ay"));
}

TEST(Router, TellsNobodyWhatFailedInside) {
  OfflineServer server;
  server.backend.now_s = []() -> int64_t { throw std::runtime_error("clock at /dev/rtc0"); };
  const Response response = server.get("/firmware/manifest");
  EXPECT_EQ(problem_of(response), "500 internal");
  EXPECT_EQ(response.body.find("rtc0"), std::string::npos);
  EXPECT_THAT(server.log_lines.str(), HasSubstr("error: Request failed: internal"));
  EXPECT_THAT(server.log_lines.str(), HasSubstr("rtc0"));
}

TEST(Router, AnswersHeadAsGetWithoutABody) {
  OfflineServer server;
  server.publish("1.0.1", 1);
  Request request = request_of("HEAD", "/firmware/manifest", {{"X-API-Key", server.api_key}});
  const Response head = server.send(request);
  request.method = "GET";
  EXPECT_EQ(head.status, 200U);
  EXPECT_TRUE(head.head_only);
  EXPECT_EQ(head.body, server.send(request).body);
}

TEST(Router, LimitsBodiesByRoute) {
  OfflineServer server;
  const auto limit = [&](const char* method, const char* target) {
    return server.router.body_size_max(request_of(method, target));
  };
  EXPECT_EQ(limit("POST", "/firmware/report"), 16U * 1024);
  EXPECT_EQ(limit("POST", "/firmware/enroll"), 4U * 1024);
  EXPECT_EQ(limit("GET", "/firmware/manifest"), 1024U);
  EXPECT_EQ(limit("POST", "/api/v1/releases"), 64U * 1024);
  EXPECT_EQ(limit("POST", "/nowhere"), 64U * 1024);
}

TEST(Router, TakesLargeUploadsFromOperatorsOnly) {
  OfflineServer server;
  Request request = request_of("PUT", "/api/v1/blobs/x");
  EXPECT_EQ(server.router.body_size_max(request), 64U * 1024);
  request.headers = {{"Authorization", "Bearer wrong"}};
  EXPECT_EQ(server.router.body_size_max(request), 64U * 1024);
  request.headers = {{"Authorization", "Bearer " + server.admin_token}};
  EXPECT_EQ(server.router.body_size_max(request), kBlobSizeMax);
}

TEST(Router, ServesSeveralThreads) {
  OfflineServer server;
  server.publish("1.0.1", 1);
  const std::string key = server.enroll("lamp-7");
  const std::string report = R"({"device_id":"lamp-7","phase":"downloading","version":"1.0.1"})";
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) {
        good += server.get("/firmware/manifest").status == 200;
        good += server.post("/firmware/report", key, report).status == 200;
        good += server.admin("GET", "/api/v1/devices").status == 200;
        good += server.get("/firmware/..").status == 400;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 80);
  EXPECT_EQ(server.store->reports({.device = "lamp-7", .count_max = 100}).size(), 20U);
}

TEST(Router, KnowsOfALateAnswerWhatItKnowsOfOthers) {
  OfflineServer server;
  Router router(server.backend, [](const std::function<void()>& work) { work(); });
  const std::string key = server.enroll("lamp-7");
  const Request request = request_of("POST", "/firmware/enroll",
                                     {{"X-API-Key", key}, {"Content-Type", "application/json"}},
                                     R"({"device_id":"lamp-7","product":"lamp","chip":"esp32c3"})");
  const Response early = router.handle(request);
  ASSERT_TRUE(early.later);
  Response late;
  early.later([&late](Response answer) { late = std::move(answer); });
  EXPECT_EQ(late.status, 200U);
  EXPECT_EQ(late.device, "lamp-7");
  EXPECT_STREQ(late.route->pattern, "/firmware/enroll");
}

TEST(Router, AnswersWhatIsNoRequest) {
  OfflineServer server;
  EXPECT_EQ(problem_of(server.router.refuse(413, "192.0.2.7", "too large")), "413 too_large");
  EXPECT_THAT(server.log_lines.str(),
              HasSubstr("status=413 detail=\"too large\" remote=192.0.2.7"));
}

TEST(Router, AnswersAKeyThatAsksTooOftenWith429) {
  OfflineServer server;
  server.settings.limits.requests_per_key_per_s = 1;
  Router router(server.backend);
  const auto ask = [&](const std::string& key) {
    return router.handle(request_of("GET", "/firmware/trust", {{"X-API-Key", key}}));
  };
  Response response = ask("lamp-7.00");
  while (response.status != 429) response = ask("lamp-7.00");
  EXPECT_EQ(problem_of(response), "429 too_many_requests");
  EXPECT_EQ(header_of(response, "Retry-After"), "1");
  EXPECT_EQ(ask("lamp-8.00").status, 404U);
  EXPECT_EQ(limit_hits(server.metrics, Limit::requests_per_key_per_s).value(), 1U);
}

TEST(Router, LetsAProductsKeyAskAsOftenAsItsFleetDoes) {
  OfflineServer server;
  server.settings.limits.requests_per_key_per_s = 1;
  Router router(server.backend);
  const Request request = request_of("GET", "/firmware/trust", {{"X-API-Key", server.api_key}});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(router.handle(request).status, 404U);
}

TEST(Router, NamesTheRouteAndTheDeviceOfARequest) {
  OfflineServer server;
  const std::string key = server.enroll("lamp-7");
  const Response good = server.send(request_of("GET", "/firmware/x.bin", {{"X-API-Key", key}}));
  EXPECT_STREQ(good.route->pattern, "/firmware/*");
  EXPECT_EQ(good.device, "lamp-7");
  const Response bad =
      server.send(request_of("GET", "/firmware/x.bin", {{"X-API-Key", "lamp-7.0"}}));
  EXPECT_EQ(bad.device, "");
  EXPECT_EQ(server.send(request_of("GET", "/nowhere")).route, nullptr);
}

TEST(Router, TellsWhoIsTurnedAwayWhenToComeBack) {
  OfflineServer server;
  for (const unsigned status : {429U, 503U}) {
    const Response response = server.router.refuse(status, "192.0.2.7", "x");
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(header_of(response, "Retry-After"), "30");
  }
  EXPECT_EQ(header_of(server.router.refuse(408, "192.0.2.7", "x"), "Retry-After"), "");
}

}  // namespace
}  // namespace otter::server
