#include "server/metrics_api.h"

#include <gmock/gmock.h>

#include "server/request_metrics.h"
#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;

Response ask(OfflineServer& server, const std::string& remote, HeaderList headers = {}) {
  Request request = request_of("GET", "/metrics", std::move(headers));
  request.remote = remote;
  return server.send(request);
}

TEST(MetricsApi, ShowsAnOperatorWhatWasCounted) {
  OfflineServer server;
  server.metrics.counter({"eels_total", "Eels"}).add(3);
  const Response response = server.admin("GET", "/metrics");
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(header_of(response, "Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(response.body, HasSubstr("eels_total 3\n"));
}

TEST(MetricsApi, ShowsNobodyElseAnything) {
  OfflineServer server;
  EXPECT_EQ(problem_of(ask(server, "127.0.0.1")), "401 unauthorized");
  EXPECT_EQ(problem_of(ask(server, "192.0.2.7", {{"X-API-Key", server.api_key}})),
            "401 unauthorized");
}

TEST(MetricsApi, ShowsATokenForOneProductNothing) {
  OfflineServer server;
  server.add_token("ota_of-lamps-build", "ci", Role::admin, "lamp");
  const HeaderList token = {{"Authorization", "Bearer ota_of-lamps-build"}};
  EXPECT_EQ(problem_of(ask(server, "192.0.2.7", token)), "403 forbidden");
}

TEST(MetricsApi, ShowsThisMachineIfTheSettingSaysSo) {
  OfflineServer server;
  server.settings.metrics = MetricsReader::loopback;
  EXPECT_EQ(ask(server, "127.0.0.1").status, 200U);
  EXPECT_EQ(ask(server, "::1").status, 200U);
  EXPECT_EQ(ask(server, "192.0.2.7").status, 401U);
  EXPECT_EQ(server.admin("GET", "/metrics").status, 200U);
}

TEST(MetricsApi, TakesATokenOfItsOwn) {
  OfflineServer server;
  server.settings.metrics_token_file = server.folder.file("metrics.token");
  const HeaderList token = {{"Authorization", "Bearer otter-watches-otters"}};
  EXPECT_EQ(ask(server, "192.0.2.7", token).status, 401U);
  write_file(server.settings.metrics_token_file, "otter-watches-otters\n");
  EXPECT_EQ(ask(server, "192.0.2.7", token).status, 200U);
  EXPECT_EQ(ask(server, "192.0.2.7", {{"Authorization", "Bearer otter-watches"}}).status, 401U);
  EXPECT_EQ(server.send(request_of("GET", "/api/v1/devices", token)).status, 401U);
}

TEST(MetricsApi, TakesAnEmptyTokenFileForNone) {
  OfflineServer server;
  server.settings.metrics_token_file = server.folder.file("metrics.token");
  write_file(server.settings.metrics_token_file, "\n");
  EXPECT_EQ(ask(server, "192.0.2.7", {{"Authorization", "Bearer "}}).status, 401U);
}

TEST(MetricsApi, CanBeOff) {
  OfflineServer server;
  server.settings.metrics = MetricsReader::nobody;
  EXPECT_EQ(problem_of(server.admin("GET", "/metrics")), "404 not_found");
}

std::string text_after(OfflineServer& server, const std::vector<Request>& requests) {
  RequestMetrics figures(server.metrics);
  for (const Request& request : requests) {
    const Response response = server.send(request);
    figures.count({request, response, 0, std::chrono::milliseconds(2)});
  }
  return server.metrics.text();
}

TEST(RequestMetrics, CountsByRouteMethodAndStatus) {
  OfflineServer server;
  const std::string text = text_after(
      server, {request_of("GET", "/firmware/trust"), request_of("GET", "/firmware/trust"),
               request_of("HEAD", "/api/v1/products/x?y=z"), request_of("POST", "/firmware/trust"),
               request_of("BREW", "/coffee")});
  for (const char* line : {"{route=\"/firmware/trust\",method=\"GET\",status=\"404\"} 2\n",
                           "{route=\"/api/v1/products/*\",method=\"GET\",status=\"401\"} 1\n",
                           "{route=\"/firmware/manifest\",method=\"GET\",status=\"200\"} 0\n",
                           "{route=\"none\",method=\"\",status=\"405\"} 1\n",
                           "{route=\"none\",method=\"\",status=\"404\"} 1\n"}) {
    EXPECT_THAT(text, HasSubstr(std::string("otter_http_requests_total") + line));
  }
  EXPECT_THAT(text,
              HasSubstr("otter_http_request_seconds_sum{route=\"GET /firmware/trust\"} 0.004"));
  EXPECT_THAT(text, HasSubstr("otter_http_request_seconds_count{route=\"none\"} 2\n"));
}

}  // namespace
}  // namespace otter::server
