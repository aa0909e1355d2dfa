#include "server/admin_api.h"

#include <gmock/gmock.h>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class AdminApiTest : public testing::Test {
 protected:
  boost::json::array list(const std::string& target, const char* name) {
    return json_of(server_.admin("GET", target)).at(name).as_array();
  }
  std::string text(const boost::json::object& object, const char* name) {
    return std::string(object.at(name).as_string());
  }
  OfflineServer server_;
};

TEST_F(AdminApiTest, AsksForATokenEverywhere) {
  const std::pair<const char*, const char*> routes[] = {{"POST", "/api/v1/products"},
                                                        {"GET", "/api/v1/products"},
                                                        {"GET", "/api/v1/products/lamp"},
                                                        {"POST", "/api/v1/products/lamp/keys"},
                                                        {"PUT", "/api/v1/blobs/x"},
                                                        {"POST", "/api/v1/releases"},
                                                        {"GET", "/api/v1/releases"},
                                                        {"POST", "/api/v1/keys/release"},
                                                        {"GET", "/api/v1/keys/release"},
                                                        {"GET", "/api/v1/devices"},
                                                        {"POST", "/api/v1/devices"},
                                                        {"GET", "/api/v1/devices/x/reports"},
                                                        {"GET", "/api/v1/keys/epoch"},
                                                        {"POST", "/api/v1/keys/epoch"},
                                                        {"PUT", "/api/v1/products/lamp/config"},
                                                        {"POST", "/api/v1/products/lamp/config"},
                                                        {"GET", "/api/v1/products/lamp/config"},
                                                        {"POST", "/api/v1/root"},
                                                        {"POST", "/api/v1/trust"}};
  for (const auto& [method, target] : routes) {
    for (const std::string& token :
         {std::string(), std::string("Bearer "), std::string("Bearer wrong"),
          "Basic " + server_.admin_token, server_.admin_token, "Bearer " + server_.api_key}) {
      const Request request = request_of(method, target, {{"Authorization", token}}, "{}");
      EXPECT_EQ(problem_of(server_.send(request)), "401 unauthorized") << target << " " << token;
    }
  }
}

TEST_F(AdminApiTest, TakesTheSchemesNameInAnyCase) {
  const Request request =
      request_of("GET", "/api/v1/products", {{"Authorization", "bEARER " + server_.admin_token}});
  EXPECT_EQ(server_.send(request).status, 200U);
}

TEST_F(AdminApiTest, AddsAProductAndShowsItsSecretsOnce) {
  const Response response = server_.admin(
      "POST", "/api/v1/products", R"({"name":"fan","chip":"esp32s3","slot_bytes":1048576})");
  EXPECT_EQ(response.status, 201U);
  const boost::json::object product = json_of(response);
  EXPECT_THAT(text(product, "api_key"), StartsWith("otk_"));
  EXPECT_EQ(text(product, "api_key").size(), 47U);
  EXPECT_EQ(server_.store->product("fan")->hmac_secret, text(product, "hmac_secret"));
  EXPECT_EQ(server_.store->product("fan")->slot_bytes, 1048576U);
  const Request request =
      request_of("GET", "/firmware/manifest", {{"X-API-Key", text(product, "api_key")}});
  EXPECT_EQ(problem_of(server_.send(request)), "404 not_found");  // the key is good
  EXPECT_THAT(server_.log_lines.str(), Not(HasSubstr("otk_")));
  EXPECT_THAT(server_.admin("GET", "/api/v1/products").body, Not(HasSubstr("oth_")));
}

TEST_F(AdminApiTest, AddsAProductWhoseChipIsOpen) {
  EXPECT_EQ(server_.admin("POST", "/api/v1/products", R"({"name":"fan","chip":null})").status,
            201U);
  const boost::json::object fan = json_of(server_.admin("GET", "/api/v1/products/fan"));
  EXPECT_TRUE(fan.at("chip").is_null());
  EXPECT_EQ(fan.at("slot_bytes").as_int64(), 0);
  EXPECT_EQ(fan.at("next_sequence").as_int64(), 1);
}

TEST_F(AdminApiTest, RefusesProductsThatCantBe) {
  const auto add = [&](const char* body) {
    return problem_of(server_.admin("POST", "/api/v1/products", body));
  };
  EXPECT_EQ(add(R"({"name":"lamp"})"), "409 exists");
  EXPECT_EQ(add(R"({"name":"../x"})"), "422 invalid_field");
  EXPECT_EQ(add(R"({"name":"fan","chip":"z80"})"), "422 wrong_chip");
  EXPECT_EQ(add(R"({"name":"fan","chip":1})"), "422 invalid_field");
  EXPECT_EQ(add(R"({"name":"fan","slot_bytes":-1})"), "422 invalid_field");
  EXPECT_EQ(add(R"({"name":"fan","slot_bytes":1.5})"), "422 invalid_field");
  EXPECT_EQ(add(R"({"name":"fan","slot_bytes":99999999999})"), "422 invalid_field");
  EXPECT_EQ(add("{"), "400 bad_json");
  EXPECT_EQ(list("/api/v1/products", "products").size(), 1U);
}

TEST_F(AdminApiTest, ListsProductsWithTheirCounts) {
  server_.publish("1.0.1", 1);
  server_.enroll("lamp-7");
  const boost::json::object lamp = list("/api/v1/products", "products").at(0).as_object();
  EXPECT_EQ(text(lamp, "name"), "lamp");
  EXPECT_EQ(text(lamp, "chip"), "esp32c3");
  EXPECT_EQ(lamp.at("releases").as_int64(), 1);
  EXPECT_EQ(lamp.at("devices").as_int64(), 1);
}

TEST_F(AdminApiTest, KnowsNextSequenceAndSmallestSlot) {
  server_.publish("1.0.1", 7);
  server_.enroll("lamp-7");
  server_.sightings.note({"lamp-7", kNow, "1.0.0", "confirmed", 5000});
  const boost::json::object lamp = json_of(server_.admin("GET", "/api/v1/products/lamp"));
  EXPECT_EQ(lamp.at("next_sequence").as_int64(), 8);
  EXPECT_EQ(lamp.at("smallest_slot_bytes").as_int64(), 5000);
  const boost::json::object beta =
      json_of(server_.admin("GET", "/api/v1/products/lamp?channel=beta"));
  EXPECT_EQ(beta.at("next_sequence").as_int64(), 1);
  EXPECT_EQ(problem_of(server_.admin("GET", "/api/v1/products/fan")), "404 not_found");
}

TEST_F(AdminApiTest, MakesMoreKeysForAProduct) {
  server_.publish("1.0.1", 1);
  const Response response = server_.admin("POST", "/api/v1/products/lamp/keys", "{}");
  EXPECT_EQ(response.status, 201U);
  const std::string key = text(json_of(response), "api_key");
  const Request request = request_of("GET", "/firmware/manifest", {{"X-API-Key", key}});
  EXPECT_EQ(server_.send(request).status, 200U);
  EXPECT_EQ(server_.get("/firmware/manifest").status, 200U);
  EXPECT_EQ(problem_of(server_.admin("POST", "/api/v1/products/fan/keys", "{}")), "404 not_found");
}

TEST_F(AdminApiTest, StoresABlobOnce) {
  const std::vector<uint8_t> bytes = {1, 2, 3};
  EXPECT_EQ(server_.upload(bytes).status, 201U);
  EXPECT_EQ(server_.upload(bytes).status, 200U);
  EXPECT_EQ(server_.blobs.read(digest_of(bytes)), bytes);
}

TEST_F(AdminApiTest, StoresNoBlobUnderAnotherName) {
  const std::string zeros(64, '0');
  EXPECT_EQ(problem_of(server_.admin("PUT", "/api/v1/blobs/" + zeros, "x")), "422 hash_differs");
  EXPECT_EQ(problem_of(server_.admin("PUT", "/api/v1/blobs/short", "x")), "404 not_found");
  EXPECT_EQ(problem_of(server_.admin("PUT", "/api/v1/blobs/" + zeros.substr(1) + "g", "x")),
            "404 not_found");
  EXPECT_EQ(server_.blobs.size(Digest()), std::nullopt);
}

TEST_F(AdminApiTest, LearnsReleaseKeys) {
  const std::string path = server_.folder.file("second.pem");
  make_signing_key(path);
  const std::string point_id = key_id_of(read_public_point(path));
  const std::string body =
      boost::json::serialize(boost::json::object{{"public_key_pem", read_file(path + ".pub")}});
  const Response response = server_.admin("POST", "/api/v1/keys/release", body);
  EXPECT_EQ(response.status, 201U);
  EXPECT_EQ(text(json_of(response), "keyid"), point_id);
  EXPECT_EQ(problem_of(server_.admin("POST", "/api/v1/keys/release", body)), "409 exists");
  EXPECT_EQ(list("/api/v1/keys/release", "keys").size(), 2U);
}

TEST_F(AdminApiTest, TakesNoPrivateKey) {
  const std::string body = boost::json::serialize(
      boost::json::object{{"public_key_pem", read_file(server_.key_file())}});
  EXPECT_EQ(problem_of(server_.admin("POST", "/api/v1/keys/release", body)), "422 invalid_field");
  EXPECT_EQ(
      problem_of(server_.admin("POST", "/api/v1/keys/release", R"({"public_key_pem":"nonsense"})")),
      "422 invalid_field");
}

}  // namespace
}  // namespace otter::server
