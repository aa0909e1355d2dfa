#include "server/epoch_api.h"

#include <gmock/gmock.h>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;

class EpochApiTest : public testing::Test {
 protected:
  Response begin(int epoch, bool force = false) {
    return server_.admin(
        "POST", "/api/v1/keys/epoch",
        boost::json::serialize(boost::json::object{{"epoch", epoch}, {"force", force}}));
  }
  boost::json::object shown() { return json_of(server_.admin("GET", "/api/v1/keys/epoch")); }
  // A report is the simplest thing that needs a key.
  std::string use(const std::string& key) {
    const Response response =
        server_.post("/firmware/report", key,
                     R"({"device_id":"lamp-7","status":"FAILED","version":"1.0.1","error":"x"})");
    return response.status == 200 ? "good" : problem_of(response);
  }
  Response enroll(const std::string& key) {
    return server_.post("/firmware/enroll", key,
                        R"({"device_id":"lamp-7","product":"lamp","chip":"esp32c3"})");
  }
  OfflineServer server_;
};

TEST_F(EpochApiTest, StartsInTheFirstEpoch) {
  EXPECT_EQ(boost::json::serialize(shown()), R"({"epoch":1,"accepted":[1],"devices_behind":0})");
}

TEST_F(EpochApiTest, BeginsTheNextEpoch) {
  const Response response = begin(2);
  EXPECT_EQ(response.status, 201U);
  EXPECT_EQ(response.body, "{\"epoch\":2}\n");
  EXPECT_EQ(boost::json::serialize(shown()), R"({"epoch":2,"accepted":[2,1],"devices_behind":0})");
  EXPECT_THAT(server_.log_lines.str(), HasSubstr("Epoch of device keys begun epoch=2"));
}

TEST_F(EpochApiTest, BeginsNoOtherEpoch) {
  for (const int wrong : {0, 1, 3}) EXPECT_EQ(problem_of(begin(wrong)), "409 epoch_used") << wrong;
  EXPECT_EQ(begin(2).status, 201U);
  EXPECT_EQ(problem_of(begin(2)), "409 epoch_used");
  EXPECT_EQ(shown().at("epoch").as_int64(), 2);
}

TEST_F(EpochApiTest, NeedsTheEpochsNumber) {
  for (const char* body : {"{}", R"({"epoch":"2"})", R"({"epoch":-1})", R"({"epoch":1000001})",
                           R"({"epoch":2,"force":1})"}) {
    EXPECT_EQ(problem_of(server_.admin("POST", "/api/v1/keys/epoch", body)), "422 invalid_field")
        << body;
  }
}

TEST_F(EpochApiTest, AcceptsKeysOfTheEpochBefore) {
  const std::string first = server_.enroll("lamp-7");
  begin(2);
  EXPECT_EQ(use(first), "good");
  EXPECT_EQ(use(server_.device_api_key("lamp-7")), "good");
  begin(3, true);
  EXPECT_EQ(use(first), "401 unauthorized");
}

TEST_F(EpochApiTest, GivesADeviceItsNewKeyForItsOldOne) {
  const std::string first = server_.enroll("lamp-7");
  begin(2);
  const boost::json::object answer = json_of(enroll(first));
  EXPECT_EQ(answer.at("epoch").as_int64(), 2);
  uint8_t key[kDeviceKeySize];
  const std::string text(answer.at("device_key").as_string());
  EXPECT_TRUE(base64_decode(text, key).ok());
  EXPECT_EQ(Bytes(key), Bytes(server_.device_key("lamp-7").bytes));
}

TEST_F(EpochApiTest, ShutsNobodyOutUnlessForced) {
  server_.enroll("lamp-7");
  begin(2);
  EXPECT_EQ(shown().at("devices_behind").as_int64(), 1);
  EXPECT_EQ(problem_of(begin(3)), "409 devices_behind");
  EXPECT_EQ(shown().at("epoch").as_int64(), 2);
  server_.sightings.note({"lamp-7", kNow, "1.0.0", "confirmed", 10, 2});
  EXPECT_EQ(begin(3).status, 201U);
}

TEST_F(EpochApiTest, CountsADeviceThatEnrolledInThisEpoch) {
  begin(2);
  enroll(server_.api_key);
  EXPECT_EQ(server_.store->device("lamp-7")->key_epoch, 2U);
  EXPECT_EQ(shown().at("devices_behind").as_int64(), 0);
}

}  // namespace
}  // namespace otter::server
