// What a client certificate that the server has verified means for the device's id.
#include <gmock/gmock.h>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

// The answer to a request of a client whose certificate has these names.
Response ask(OfflineServer& server, std::vector<std::string> names, Request request) {
  request.certified = std::move(names);
  return server.send(request);
}

Request manifest_with(const std::string& key) {
  return request_of("GET", "/firmware/manifest", {{"X-API-Key", key}});
}

Request post(const std::string& target, const std::string& key, const std::string& body) {
  return request_of("POST", target, {{"X-API-Key", key}, {"Content-Type", "application/json"}},
                    body);
}

TEST(ClientCertificate, OfTheKeysDeviceIsGood) {
  OfflineServer server;
  const std::string key = server.enroll("lamp-7");
  server.publish("1.0.0", 1);
  EXPECT_EQ(ask(server, {}, manifest_with(key)).status, 200U);
  EXPECT_EQ(ask(server, {"lamp-7"}, manifest_with(key)).status, 200U);
  EXPECT_EQ(ask(server, {"board", "lamp-7"}, manifest_with(key)).status, 200U);
}

TEST(ClientCertificate, OfAnotherDeviceIsRefused) {
  OfflineServer server;
  const std::string key = server.enroll("lamp-7");
  for (const char* name : {"lamp-8", "lamp", "LAMP-7", ""}) {
    EXPECT_EQ(problem_of(ask(server, {name}, manifest_with(key))), "403 forbidden") << name;
  }
}

TEST(ClientCertificate, EnrolsItsOwnDeviceAlone) {
  OfflineServer server;
  const std::string body = "{\"device_id\":\"lamp-7\",\"product\":\"lamp\",\"chip\":\"esp32c3\"}";
  const Request request = post("/firmware/enroll", server.api_key, body);
  EXPECT_EQ(problem_of(ask(server, {"lamp-8"}, request)), "403 forbidden");
  EXPECT_EQ(ask(server, {"lamp-7"}, request).status, 200U);
}

TEST(ClientCertificate, ReportsForItsOwnDeviceAlone) {
  OfflineServer server;
  const std::string body =
      "{\"device_id\":\"sketch-1\",\"status\":\"SUCCESS\",\"version\":\"1.0.0\",\"error\":\"\"}";
  const Request request = post("/firmware/report", server.api_key, body);
  EXPECT_EQ(problem_of(ask(server, {"sketch-2"}, request)), "403 forbidden");
  EXPECT_EQ(ask(server, {"sketch-1"}, request).status, 200U);
}

}  // namespace
}  // namespace otter::server
