#include "server/enrolment_api.h"

#include <gmock/gmock.h>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class EnrollTest : public testing::Test {
 protected:
  Response enroll(const std::string& body) {
    return server_.post("/firmware/enroll", server_.api_key, body);
  }
  static std::string body_of(const std::string& id, const std::string& product = "lamp",
                             const std::string& chip = "esp32c3") {
    return "{\"device_id\":\"" + id + "\",\"product\":\"" + product + "\",\"chip\":\"" + chip +
           "\"}";
  }
  Response allow(const std::string& product, const std::string& body) {
    return server_.admin("POST", "/api/v1/products/" + product + "/devices", body);
  }
  Response change(const std::string& id, const std::string& standing) {
    return server_.admin("PATCH", "/api/v1/devices/" + id, "{\"standing\":\"" + standing + "\"}");
  }
  Response manifest_with(const std::string& key) {
    return server_.send(request_of("GET", "/firmware/manifest", {{"X-API-Key", key}}));
  }
  Standing standing_of(const std::string& id) { return server_.store->device(id)->standing; }
  OfflineServer server_;
};

TEST_F(EnrollTest, GivesADeviceItsKey) {
  const Response response = enroll(body_of("lamp-7"));
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(json_of(response).at("status").as_string(), "enrolled");
  uint8_t key[64];
  const std::string text(json_of(response).at("device_key").as_string());
  ASSERT_EQ(base64_decode(text, key).value, kDeviceKeySize);
  EXPECT_EQ(Bytes(key).part(0, kDeviceKeySize), Bytes(server_.device_key("lamp-7").bytes));
  EXPECT_THAT(server_.log_lines.str(), HasSubstr("Device enrolled device=lamp-7 product=lamp"));
  EXPECT_THAT(server_.log_lines.str(), Not(HasSubstr(text)));
}

TEST_F(EnrollTest, GivesTheSameKeyAgain) {
  EXPECT_EQ(enroll(body_of("lamp-7")).body, enroll(body_of("lamp-7")).body);
  EXPECT_NE(enroll(body_of("lamp-7")).body, enroll(body_of("lamp-8")).body);
}

TEST_F(EnrollTest, TakesListedDevicesAlone) {
  server_.change_product({.enrolment = Enrolment::listed});
  EXPECT_EQ(problem_of(enroll(body_of("lamp-8"))), "403 forbidden");
  EXPECT_FALSE(server_.store->device("lamp-8").has_value());
  EXPECT_EQ(allow("lamp", R"({"ids":["lamp-7","lamp-8"]})").status, 200U);
  EXPECT_EQ(enroll(body_of("lamp-8")).status, 200U);
  EXPECT_EQ(enroll(body_of("lamp-8")).status, 200U);
  EXPECT_EQ(standing_of("lamp-7"), Standing::allowed);
  EXPECT_EQ(standing_of("lamp-8"), Standing::enrolled);
}

TEST_F(EnrollTest, WaitsForAnOperator) {
  server_.change_product({.enrolment = Enrolment::approve});
  for (int again = 0; again < 2; ++again) {
    const Response response = enroll(body_of("lamp-7"));
    EXPECT_EQ(response.status, 202U);
    EXPECT_EQ(response.body, "{\"status\":\"pending\"}\n");
    EXPECT_EQ(header_of(response, "Retry-After"), "300");
  }
  EXPECT_EQ(standing_of("lamp-7"), Standing::pending);
  EXPECT_EQ(problem_of(manifest_with(server_.device_api_key("lamp-7"))), "401 unauthorized");
  EXPECT_EQ(change("lamp-7", "allowed").status, 200U);
  EXPECT_EQ(enroll(body_of("lamp-7")).status, 200U);
  EXPECT_EQ(standing_of("lamp-7"), Standing::enrolled);
}

TEST_F(EnrollTest, ShutsOutADeviceThatIsRevoked) {
  const std::string key = server_.enroll("lamp-7");
  const std::string other = server_.enroll("lamp-8");
  server_.publish("1.0.0", 1);
  EXPECT_EQ(manifest_with(key).status, 200U);
  EXPECT_EQ(change("lamp-7", "revoked").status, 200U);
  EXPECT_EQ(problem_of(manifest_with(key)), "401 unauthorized");
  EXPECT_EQ(problem_of(enroll(body_of("lamp-7"))), "403 forbidden");
  EXPECT_EQ(
      problem_of(server_.post("/firmware/report", server_.api_key,
                              R"({"device_id":"lamp-7","status":"FAILED","version":"1.0.0"})")),
      "403 forbidden");
  EXPECT_EQ(manifest_with(other).status, 200U);
  EXPECT_THAT(server_.log_lines.str(), HasSubstr("Revoked device refused device=lamp-7"));
  // Neither a list of all that were made nor a key by hand lets it in unnoticed.
  EXPECT_THAT(allow("lamp", R"({"ids":["lamp-7"]})").body,
              HasSubstr("\"changed\":0,\"revoked\":[\"lamp-7\"]"));
  EXPECT_EQ(
      problem_of(server_.admin("POST", "/api/v1/devices", R"({"id":"lamp-7","product":"lamp"})")),
      "409 exists");
  EXPECT_EQ(standing_of("lamp-7"), Standing::revoked);
  EXPECT_EQ(change("lamp-7", "allowed").status, 200U);
  EXPECT_EQ(manifest_with(key).status, 200U);  // with the key that it has
}

TEST_F(EnrollTest, IsAllThatAProductsKeyOpensWithoutPlainMode) {
  server_.publish("1.0.0", 1);
  EXPECT_EQ(manifest_with(server_.api_key).status, 200U);
  EXPECT_EQ(server_.admin("PATCH", "/api/v1/products/lamp", R"({"plain":false})").status, 200U);
  EXPECT_EQ(problem_of(manifest_with(server_.api_key)), "403 forbidden");
  EXPECT_EQ(problem_of(server_.send(
                request_of("GET", "/firmware/1.0.0.bin", {{"X-API-Key", server_.api_key}}))),
            "403 forbidden");
  EXPECT_EQ(
      problem_of(server_.post("/firmware/report", server_.api_key,
                              R"({"device_id":"lamp-7","status":"FAILED","version":"1.0.0"})")),
      "403 forbidden");
  EXPECT_EQ(enroll(body_of("lamp-7")).status, 200U);
  EXPECT_EQ(manifest_with(server_.device_api_key("lamp-7")).status, 200U);
}

TEST_F(EnrollTest, LetsInNoDeviceOfAnotherProduct) {
  server_.add_product("fan", "otk_of-fan", "");
  server_.enroll("lamp-7");
  EXPECT_EQ(problem_of(allow("fan", R"({"ids":["fan-1","lamp-7"]})")), "409 exists");
  EXPECT_FALSE(server_.store->device("fan-1").has_value());
  EXPECT_EQ(standing_of("lamp-7"), Standing::enrolled);
}

TEST_F(EnrollTest, TellsAnotherProductNothingOfADevice) {
  server_.add_product("fan", "otk_of-fan", "");
  server_.enroll("lamp-7");
  change("lamp-7", "revoked");
  const Response response =
      server_.post("/firmware/enroll", "otk_of-fan", body_of("lamp-7", "fan"));
  EXPECT_THAT(response.body, AllOf(HasSubstr("another product"), Not(HasSubstr("revoked"))));
}

TEST_F(EnrollTest, RefusesAStandingThatIsNone) {
  server_.enroll("lamp-7");
  for (const char* standing : {"", "enrolled", "pending", "plain", "x"}) {
    EXPECT_EQ(problem_of(change("lamp-7", standing)), "422 invalid_field") << standing;
  }
  EXPECT_EQ(problem_of(change("ghost", "allowed")), "404 not_found");
  for (const char* body : {"{}", R"({"ids":[]})", R"({"ids":["../x"]})", R"({"ids":[1]})"}) {
    EXPECT_EQ(problem_of(allow("lamp", body)), "422 invalid_field") << body;
  }
  EXPECT_EQ(problem_of(allow("ghost", R"({"ids":["x"]})")), "404 not_found");
  for (const char* body : {"{}", R"({"enrolment":"closed"})", R"({"plain":"off"})"}) {
    EXPECT_EQ(problem_of(server_.admin("PATCH", "/api/v1/products/lamp", body)),
              "422 invalid_field");
  }
}

TEST_F(EnrollTest, ListsDevicesByStanding) {
  server_.enroll("lamp-7");
  allow("lamp", R"({"ids":["lamp-8"]})");
  const auto list = [&](const std::string& standing) {
    return server_.admin("GET", "/api/v1/devices?standing=" + standing).body;
  };
  EXPECT_THAT(list("allowed"), AllOf(HasSubstr("lamp-8"), Not(HasSubstr("lamp-7"))));
  EXPECT_THAT(list("enrolled"), AllOf(HasSubstr("lamp-7"), Not(HasSubstr("lamp-8"))));
  EXPECT_EQ(problem_of(server_.admin("GET", "/api/v1/devices?standing=x")), "400 bad_query");
}

TEST_F(EnrollTest, TakesNoDeviceOfAnotherProduct) {
  server_.add_product("fan", "otk_of-fan", "");
  EXPECT_EQ(problem_of(enroll(body_of("lamp-7", "fan"))), "403 forbidden");
  enroll(body_of("lamp-7"));
  EXPECT_EQ(problem_of(server_.post("/firmware/enroll", "otk_of-fan", body_of("lamp-7", "fan"))),
            "403 forbidden");
  EXPECT_EQ(server_.store->device("lamp-7")->product, "lamp");
}

TEST_F(EnrollTest, TakesNoOtherDeviceThanTheKeys) {
  const std::string key = server_.enroll("lamp-7");
  EXPECT_EQ(problem_of(server_.post("/firmware/enroll", key, body_of("lamp-8"))), "403 forbidden");
  EXPECT_EQ(server_.post("/firmware/enroll", key, body_of("lamp-7")).status, 200U);
}

TEST_F(EnrollTest, RefusesAnotherChip) {
  EXPECT_EQ(problem_of(enroll(body_of("lamp-7", "lamp", "esp32"))), "422 wrong_chip");
  EXPECT_EQ(problem_of(enroll(body_of("lamp-7", "lamp", "z80"))), "422 wrong_chip");
}

TEST_F(EnrollTest, RefusesWhatIsMissingOrWrong) {
  EXPECT_EQ(problem_of(enroll("{}")), "422 invalid_field");
  EXPECT_EQ(problem_of(enroll(body_of("../x"))), "422 invalid_field");
  EXPECT_EQ(problem_of(enroll("{\"device_id\":")), "400 bad_json");
  EXPECT_EQ(problem_of(enroll("[]")), "422 invalid_field");
}

class ProvisionTest : public testing::Test {
 protected:
  Response provision(const std::string& body) {
    return server_.admin("POST", "/api/v1/devices", body);
  }
  OfflineServer server_;
};

TEST_F(ProvisionTest, GivesTheKeyThatTheDeviceThenUses) {
  const Response response = provision(R"({"id":"lamp-7","product":"lamp"})");
  EXPECT_EQ(response.status, 201U);
  const boost::json::object answer = json_of(response);
  EXPECT_EQ(answer.at("epoch").as_int64(), 1);
  EXPECT_EQ(answer.at("chip").as_string(), "esp32c3");
  uint8_t key[64];
  const std::string text(answer.at("device_key").as_string());
  ASSERT_EQ(base64_decode(text, key).value, kDeviceKeySize);
  EXPECT_EQ(Bytes(key).part(0, kDeviceKeySize), Bytes(server_.device_key("lamp-7").bytes));
  const Request report =
      request_of("GET", "/firmware/manifest", {{"X-API-Key", server_.device_api_key("lamp-7")}});
  EXPECT_EQ(problem_of(server_.send(report)), "404 not_found");  // no release: the key is good
  EXPECT_THAT(server_.log_lines.str(), HasSubstr("Device provisioned device=lamp-7 product=lamp"));
  EXPECT_THAT(server_.log_lines.str(), Not(HasSubstr(text)));
}

TEST_F(ProvisionTest, AddsADeviceThatWasNeverSeen) {
  provision(R"({"id":"lamp-7","product":"lamp"})");
  const std::optional<Device> device = server_.store->device("lamp-7");
  ASSERT_TRUE(device.has_value());
  EXPECT_EQ(device->standing, Standing::enrolled);
  EXPECT_EQ(device->created_s, kNow);
  EXPECT_EQ(device->last_seen_s, 0);
}

TEST_F(ProvisionTest, IsOpenWhereEnrolmentIsNot) {
  server_.change_product({.enrolment = Enrolment::listed});
  EXPECT_EQ(provision(R"({"id":"lamp-7","product":"lamp"})").status, 201U);
}

TEST_F(ProvisionTest, GivesTheKeyOfTheNewestEpoch) {
  const std::string first = provision(R"({"id":"lamp-7","product":"lamp"})").body;
  EXPECT_EQ(first, provision(R"({"id":"lamp-7","product":"lamp"})").body);
  server_.admin("POST", "/api/v1/keys/epoch", R"({"epoch":2,"force":true})");
  const Response response = provision(R"({"id":"lamp-7","product":"lamp"})");
  EXPECT_EQ(json_of(response).at("epoch").as_int64(), 2);
  EXPECT_NE(first, response.body);
}

TEST_F(ProvisionTest, AsksForAChipWhereTheProductHasNone) {
  server_.add_product("fan", "otk_of-fan", "");
  EXPECT_EQ(problem_of(provision(R"({"id":"fan-1","product":"fan"})")), "422 invalid_field");
  EXPECT_EQ(provision(R"({"id":"fan-1","product":"fan","chip":"esp32s3"})").status, 201U);
  EXPECT_EQ(server_.store->device("fan-1")->chip, "esp32s3");
}

TEST_F(ProvisionTest, RefusesWhatIsMissingOrWrong) {
  EXPECT_EQ(problem_of(provision("{}")), "422 invalid_field");
  EXPECT_EQ(problem_of(provision(R"({"id":"../x","product":"lamp"})")), "422 invalid_field");
  EXPECT_EQ(problem_of(provision(R"({"id":"fan-1","product":"fan"})")), "404 not_found");
  EXPECT_EQ(problem_of(provision(R"({"id":"lamp-7","product":"lamp","chip":"esp32"})")),
            "422 wrong_chip");
  server_.add_product("fan", "otk_of-fan", "esp32c3");
  provision(R"({"id":"lamp-7","product":"lamp"})");
  EXPECT_EQ(problem_of(provision(R"({"id":"lamp-7","product":"fan"})")), "409 exists");
}

}  // namespace
}  // namespace otter::server
