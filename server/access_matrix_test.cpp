// No role exceeds its rights: every route with every kind of sender, over requests through the
// Router.
#include <gmock/gmock.h>

#include <algorithm>

#include "server/access.h"
#include "server/events_api.h"
#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;
using testing::Not;

// Who may what, written down a second time.
struct Cell {
  Right right;
  std::vector<std::string> senders;
};
const Cell kMatrix[] = {
    {Right::none,
     {"nobody", "product key", "device key", "viewer", "operator", "publisher", "admin"}},
    {Right::key, {"product key", "device key"}},
    {Right::view, {"viewer", "operator", "publisher", "admin"}},
    {Right::operate, {"operator", "publisher", "admin"}},
    {Right::publish, {"publisher", "admin"}},
    {Right::administer, {"admin"}},
};
constexpr const char* kSenders[] = {"nobody",   "product key", "device key", "viewer",
                                    "operator", "publisher",   "admin"};

bool may(const std::string& sender, Right right) {
  for (const Cell& cell : kMatrix) {
    if (cell.right == right) return std::ranges::count(cell.senders, sender) == 1;
  }
  ADD_FAILURE() << "a right that the matrix does not have";
  return false;
}

// A path that the pattern matches, with names that there are where they are of a product.
std::string path_of(const Route& route) {
  std::string path = route.pattern;
  for (size_t at = path.find('*'); at != std::string::npos; at = path.find('*')) {
    path.replace(at, 1, path.substr(0, at).ends_with("/devices/") ? "lamp-7" : "lamp");
  }
  return path;
}

// Was it let in? What the handler then thinks of the request is another matter.
bool is_let_in(const Response& response) {
  return response.status != 401 && response.status != 403;
}

std::string cell_name(const Route& route, const std::string& sender) {
  return sender + ": " + route.method + " " + route.pattern;
}

class AccessMatrix : public testing::Test {
 protected:
  AccessMatrix() {
    device_key_ = server_.enroll("lamp-7");
    server_.add_product("fan", "otk_of-fan", "esp32c3");
    for (const char* role : {"viewer", "operator", "publisher"}) {
      server_.add_token(std::string("ota_") + role, role, *role_of_name(role));
    }
    server_.add_token("ota_lamp", "ci-lamp", Role::publisher, "lamp");
    server_.add_token("ota_fan", "ci-fan", Role::publisher, "fan");
  }
  HeaderList headers_of(const std::string& sender) {
    if (sender == "nobody") return {};
    if (sender == "product key") return {{"X-API-Key", server_.api_key}};
    if (sender == "device key") return {{"X-API-Key", device_key_}};
    if (sender == "admin") return {{"Authorization", "Bearer " + server_.admin_token}};
    return {{"Authorization", "Bearer ota_" + sender}};
  }
  Response send(const Route& route, const std::string& sender, const std::string& path) {
    HeaderList headers = headers_of(sender);
    headers.emplace_back("Content-Type", "application/json");
    return server_.send(request_of(route.method, path, headers, "{}"));
  }
  OfflineServer server_;
  std::string device_key_;
};

TEST_F(AccessMatrix, LetsEachSenderUseWhatTheTableSays) {
  size_t count = 0;
  for (const Route& route : routes()) {
    for (const std::string sender : kSenders) {
      const Response response = send(route, sender, path_of(route));
      // POST /api/v1/session asks for a password by itself, /metrics for what the settings say.
      if (route.right != Right::none) {
        EXPECT_EQ(is_let_in(response), may(sender, route.right)) << cell_name(route, sender);
      }
      ++count;
    }
  }
  EXPECT_EQ(count, routes().size() * std::size(kSenders));
}

TEST_F(AccessMatrix, TellsARefusedKeyFromARefusedRole) {
  for (const Route& route : routes()) {
    if (route.right < Right::operate) continue;
    EXPECT_EQ(problem_of(send(route, "viewer", path_of(route))), "403 forbidden")
        << cell_name(route, "viewer");
    EXPECT_EQ(problem_of(send(route, "device key", path_of(route))), "401 unauthorized")
        << cell_name(route, "device key");
  }
}

TEST_F(AccessMatrix, KeepsATokenToItsProduct) {
  for (const Route& route : routes()) {
    if (route.right < Right::view || route.right > Right::publish) continue;
    const bool is_of_one = route.scope == Scope::product || route.scope == Scope::device;
    const bool is_own = is_let_in(send(route, "lamp", path_of(route)));
    EXPECT_EQ(is_own, route.scope != Scope::server) << cell_name(route, "of lamp");
    const bool is_others = is_let_in(send(route, "fan", path_of(route)));
    EXPECT_EQ(is_others, route.scope != Scope::server && !is_of_one) << cell_name(route, "of fan");
  }
}

TEST_F(AccessMatrix, KeepsATokensListsToItsProduct) {
  server_.publish("1.0.1", 1);
  for (const Route& route : routes()) {
    if (route.scope != Scope::list || route.handler == serve_events) continue;
    EXPECT_THAT(send(route, "lamp", path_of(route)).body, HasSubstr("lamp")) << route.pattern;
    EXPECT_THAT(send(route, "fan", path_of(route)).body, Not(HasSubstr("lamp"))) << route.pattern;
    EXPECT_EQ(problem_of(send(route, "fan", path_of(route) + "?product=lamp")), "403 forbidden");
  }
}

// A token for one product administers nothing, not even that.
TEST_F(AccessMatrix, LetsNoTokenForOneProductAdminister) {
  server_.add_token("ota_one", "eve", Role::admin, "lamp");
  for (const Route& route : routes()) {
    if (route.right != Right::administer) continue;
    EXPECT_EQ(problem_of(send(route, "one", path_of(route))), "403 forbidden") << route.pattern;
  }
}

TEST_F(AccessMatrix, TellsATokenNothingOfWhatOthersHave) {
  const Response known =
      server_.send(request_of("GET", "/api/v1/devices/lamp-7/reports", headers_of("fan")));
  const Response unknown =
      server_.send(request_of("GET", "/api/v1/devices/ghost/reports", headers_of("fan")));
  EXPECT_EQ(problem_of(known), "403 forbidden");
  EXPECT_EQ(known.body, unknown.body);
}

TEST_F(AccessMatrix, LetsATokenPublishItsProductAlone) {
  const std::vector<uint8_t> image = OfflineServer::image_of("1.0.1");
  server_.upload(image);
  const std::string manifest =
      build_manifest(inspect_image(image), image, OfflineServer::options_of("1.0.1", 1));
  const std::string body =
      "{\"envelope\":" + write_envelope_json(sign_manifest(manifest, server_.key_file())) + "}";
  const auto publish_as = [&](const std::string& sender) {
    HeaderList headers = headers_of(sender);
    headers.emplace_back("Content-Type", "application/json");
    return server_.send(request_of("POST", "/api/v1/releases", headers, body));
  };
  EXPECT_EQ(problem_of(publish_as("fan")), "403 forbidden");
  EXPECT_EQ(publish_as("lamp").status, 201U);
}

// Every change leaves an entry, also one whose handler says nothing of it.
TEST_F(AccessMatrix, LeavesAnEntryOfEachChange) {
  for (const Route& route : routes()) {
    if (route.right < Right::view || std::string(route.method) == "GET") continue;
    if (route.scope == Scope::content && route.audit == Audit::none) continue;
    const AuditHead before = audit_head(*server_.store);
    const Response response = send(route, "admin", path_of(route));
    const bool is_changed = response.status < 300;
    EXPECT_EQ(audit_head(*server_.store).number, before.number + (is_changed ? 1 : 0))
        << cell_name(route, "admin") << " " << response.status;
  }
}

// What a device's key opens is that device's and its product's, nobody else's.
class DeviceDataTest : public AccessMatrix {
 protected:
  DeviceDataTest() {
    server_.publish("1.0.1", 1);
    other_key_ = server_.enroll("lamp-8");
    Device fan;
    fan.id = "fan-1";
    fan.product = "fan";
    enroll(*server_.store, fan);
    fan_key_ = server_.device_api_key("fan-1");
  }
  Response send_as(const std::string& key, const std::string& method, const std::string& path,
                   const std::string& body = {}) {
    return server_.send(
        request_of(method, path, {{"X-API-Key", key}, {"Content-Type", "application/json"}}, body));
  }
  Response check_in_as(const std::string& key, const std::string& id, const std::string& product) {
    return server_.send(request_of(
        "GET", "/firmware/manifest",
        {{"X-API-Key", key},
         {"Accept", "application/vnd.otter.checkin.v1"},
         {"X-Otter-Device", "id=\"" + id + "\", ver=\"1.0.0\", product=\"" + product +
                                "\", chip=\"esp32c3\", nonce=:AAECAwQFBgcICQoLDA0ODw==:"}}));
  }
  std::string other_key_;
  std::string fan_key_;
};

TEST_F(DeviceDataTest, ChecksInAsItselfAlone) {
  EXPECT_EQ(check_in_as(device_key_, "lamp-7", "lamp").status, 200U);
  EXPECT_EQ(problem_of(check_in_as(device_key_, "lamp-8", "lamp")), "403 forbidden");
  EXPECT_EQ(problem_of(check_in_as(fan_key_, "lamp-7", "lamp")), "403 forbidden");
  EXPECT_EQ(problem_of(check_in_as(fan_key_, "fan-1", "lamp")), "403 forbidden");
}

TEST_F(DeviceDataTest, ReportsOfItselfAlone) {
  const std::string report = R"({"device_id":"lamp-7","phase":"downloading","version":"1.0.1"})";
  EXPECT_EQ(problem_of(send_as(other_key_, "POST", "/firmware/report", report)), "403 forbidden");
  EXPECT_EQ(problem_of(send_as(fan_key_, "POST", "/firmware/report", report)), "403 forbidden");
  EXPECT_TRUE(server_.store->reports({.device = "lamp-7"}).empty());
  EXPECT_EQ(send_as(device_key_, "POST", "/firmware/report", report).status, 200U);
}

TEST_F(DeviceDataTest, FetchesItsOwnProductsFirmwareAlone) {
  const std::string blob =
      "/firmware/blob/" + hex_text(digest_of(OfflineServer::image_of("1.0.1")).bytes);
  for (const std::string& path : {std::string("/firmware/1.0.1.bin"), blob}) {
    EXPECT_EQ(send_as(device_key_, "GET", path).status, 200U) << path;
    EXPECT_EQ(problem_of(send_as(fan_key_, "GET", path)), "404 not_found") << path;
    EXPECT_EQ(problem_of(send_as("otk_of-fan", "GET", path)), "404 not_found") << path;
  }
}

TEST_F(DeviceDataTest, GetsItsOwnKeyAlone) {
  const std::string body = R"({"device_id":"lamp-7","product":"lamp","chip":"esp32c3"})";
  EXPECT_EQ(send_as(device_key_, "POST", "/firmware/enroll", body).status, 200U);
  EXPECT_EQ(problem_of(send_as(other_key_, "POST", "/firmware/enroll", body)), "403 forbidden");
  EXPECT_EQ(problem_of(send_as(fan_key_, "POST", "/firmware/enroll", body)), "403 forbidden");
  EXPECT_EQ(problem_of(send_as("otk_of-fan", "POST", "/firmware/enroll", body)), "403 forbidden");
}

}  // namespace
}  // namespace otter::server
