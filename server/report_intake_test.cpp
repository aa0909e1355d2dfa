// POST /firmware/report, from the request to what the server knows afterwards.
#include <gmock/gmock.h>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;
using testing::Not;

class ReportIntakeTest : public testing::Test {
 protected:
  void SetUp() override { server_.publish("1.0.1", 1); }

  Response report(const std::string& key, const boost::json::object& body) {
    return server_.post("/firmware/report", key, boost::json::serialize(body));
  }
  static boost::json::object plain(const char* status, const char* error = "") {
    return {{"device_id", "lamp-7"}, {"status", status}, {"version", "1.0.1"}, {"error", error}};
  }
  // What Otter's own device library sends of a release.
  boost::json::object proven(const char* status, const char* phase) {
    const Release release = *release_of_version(*server_.store, "lamp", "1.0.1");
    boost::json::object body = plain(status);
    body["phase"] = phase;
    body["report_id"] = std::string(32, 'a').c_str();
    body["manifest"] = hex_text(release.manifest_sha256.bytes).c_str();
    body["app_elf_sha256"] = hex_text(release.app_elf_sha256.bytes).c_str();
    body["boot_state"] = "confirmed";
    body["slot"] = 1;
    return body;
  }
  DeviceSummary lamp_7() { return server_.store->devices({}).at(0); }
  size_t device_count() { return server_.store->devices({}).size(); }
  std::string log() const { return server_.log_lines.str(); }
  OfflineServer server_;
};

TEST_F(ReportIntakeTest, AcknowledgesAPlainSuccess) {
  const Response response = report(server_.api_key, plain("SUCCESS"));
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.body, "{\"ok\":true}\n");
  EXPECT_THAT(log(), HasSubstr("Device reported: UPDATE_SUCCESS device=lamp-7 product=lamp"));
  EXPECT_EQ(lamp_7().outcome, Outcome::claimed);
  EXPECT_EQ(lamp_7().device.version, "1.0.1");
  EXPECT_EQ(lamp_7().device.standing, Standing::plain);
}

TEST_F(ReportIntakeTest, SaysWhyAnUpdateFailed) {
  report(server_.api_key, plain("FAILED", "bad_hmac"));
  EXPECT_THAT(log(), HasSubstr("Device reported: UPDATE_FAILED (bad_hmac) device=lamp-7"));
  EXPECT_EQ(lamp_7().outcome, Outcome::failed);
  EXPECT_EQ(lamp_7().error, "bad_hmac");
  EXPECT_EQ(lamp_7().device.version, "");
}

TEST_F(ReportIntakeTest, ConfirmsWhatTheNewImageProves) {
  const std::string key = server_.enroll("lamp-7");
  EXPECT_EQ(report(key, proven("SUCCESS", "confirmed")).status, 200U);
  EXPECT_EQ(lamp_7().outcome, Outcome::confirmed);
  EXPECT_EQ(lamp_7().outcome_version, "1.0.1");
  EXPECT_EQ(lamp_7().device.version, "1.0.1");
  EXPECT_EQ(lamp_7().device.boot_state, "confirmed");
}

TEST_F(ReportIntakeTest, CountsNoSuccessOfTheOldImage) {
  const std::string key = server_.enroll("lamp-7");
  boost::json::object body = proven("SUCCESS", "confirmed");
  body["app_elf_sha256"] = hex_text(digest_number(9).bytes).c_str();
  report(key, body);
  EXPECT_EQ(lamp_7().outcome, Outcome::rolled_back);
  EXPECT_THAT(log(), Not(HasSubstr("UPDATE_SUCCESS")));
}

TEST_F(ReportIntakeTest, CountsARepeatedReportOnce) {
  const std::string key = server_.enroll("lamp-7");
  const boost::json::object body = proven("SUCCESS", "confirmed");
  EXPECT_EQ(report(key, body).status, 200U);
  EXPECT_EQ(report(key, body).status, 200U);
  EXPECT_EQ(server_.store->reports({.device = "lamp-7", .count_max = 10}).size(), 1U);
  EXPECT_THAT(log(), HasSubstr("repeated=yes"));
}

TEST_F(ReportIntakeTest, CountsPlainReportsEach) {
  report(server_.api_key, plain("FAILED"));
  report(server_.api_key, plain("FAILED"));
  EXPECT_EQ(server_.store->reports({.device = "lamp-7", .count_max = 10}).size(), 2U);
}

TEST_F(ReportIntakeTest, TakesTheRunningVersionFromTheDevice) {
  const std::string key = server_.enroll("lamp-7");
  boost::json::object body = proven("FAILED", "rolled_back");
  body["running_version"] = "1.0.0";
  body["error"] = "crashed";
  report(key, body);
  EXPECT_EQ(lamp_7().device.version, "1.0.0");
  EXPECT_EQ(lamp_7().outcome_version, "1.0.1");
  EXPECT_THAT(log(), HasSubstr("Device reported: UPDATE_FAILED (crashed)"));
}

TEST_F(ReportIntakeTest, NotesProgress) {
  const std::string key = server_.enroll("lamp-7");
  boost::json::object body = proven("SUCCESS", "downloading");
  body.erase("status");
  EXPECT_EQ(report(key, body).status, 200U);
  EXPECT_EQ(lamp_7().outcome, Outcome::downloading);
  EXPECT_THAT(log(), HasSubstr("Device reported: downloading"));
}

TEST_F(ReportIntakeTest, TakesAReportOfAVersionThatItDoesNotHave) {
  boost::json::object body = plain("SUCCESS");
  body["version"] = "9.9.9";
  EXPECT_EQ(report(server_.api_key, body).status, 200U);
  EXPECT_FALSE(lamp_7().outcome.has_value());
  EXPECT_EQ(server_.store->reports({.device = "lamp-7", .count_max = 10})[0].release_version,
            "9.9.9");
}

TEST_F(ReportIntakeTest, LetsNoProductKeySpeakForAnEnrolledDevice) {
  server_.enroll("lamp-7");
  EXPECT_EQ(problem_of(report(server_.api_key, plain("SUCCESS"))), "403 forbidden");
  EXPECT_TRUE(server_.store->reports({.device = "lamp-7", .count_max = 10}).empty());
}

TEST_F(ReportIntakeTest, LetsNoDeviceSpeakForAnother) {
  const std::string key = server_.enroll("lamp-8");
  EXPECT_EQ(problem_of(report(key, plain("SUCCESS"))), "403 forbidden");
}

TEST_F(ReportIntakeTest, LetsNoOtherProductSpeakForADevice) {
  server_.add_product("fan", "otk_of-fan", "");
  report(server_.api_key, plain("FAILED"));
  EXPECT_EQ(problem_of(report("otk_of-fan", plain("SUCCESS"))), "403 forbidden");
}

TEST_F(ReportIntakeTest, MixesUpNoProductsReleases) {
  server_.add_product("fan", "otk_of-fan", "");
  boost::json::object body = proven("SUCCESS", "confirmed");
  body["device_id"] = "fan-1";
  EXPECT_EQ(report("otk_of-fan", body).status, 200U);
  EXPECT_FALSE(lamp_7().outcome.has_value());
}

TEST_F(ReportIntakeTest, StoresNothingOfABadReport) {
  const auto send = [&](const std::string& body) {
    return problem_of(server_.post("/firmware/report", server_.api_key, body));
  };
  EXPECT_EQ(send("{\"device_id\":\"lamp-7\","), "400 bad_json");
  EXPECT_EQ(send(""), "400 bad_json");
  EXPECT_EQ(send("{} {}"), "400 bad_json");
  EXPECT_EQ(send("\xff"), "400 bad_json");
  EXPECT_EQ(send(std::string(10000, '[')), "400 bad_json");
  EXPECT_EQ(send("[]"), "422 invalid_field");
  EXPECT_EQ(send(boost::json::serialize(plain("MAYBE"))), "422 invalid_field");
  EXPECT_EQ(send("{\"device_id\":7,\"status\":\"SUCCESS\",\"version\":\"1\"}"),
            "422 invalid_field");
  EXPECT_EQ(device_count(), 0U);
}

TEST_F(ReportIntakeTest, TakesJsonOnly) {
  const std::string body = boost::json::serialize(plain("SUCCESS"));
  for (const char* type :
       {"text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""}) {
    const Request request = request_of(
        "POST", "/firmware/report", {{"X-API-Key", server_.api_key}, {"Content-Type", type}}, body);
    EXPECT_EQ(problem_of(server_.send(request)), "415 unsupported_media_type") << type;
  }
  EXPECT_EQ(device_count(), 0U);
}

TEST_F(ReportIntakeTest, TakesJsonWithACharset) {
  const Request request = request_of(
      "POST", "/firmware/report",
      {{"X-API-Key", server_.api_key}, {"content-type", "Application/JSON; charset=utf-8"}},
      boost::json::serialize(plain("SUCCESS")));
  EXPECT_EQ(server_.send(request).status, 200U);
}

TEST_F(ReportIntakeTest, EscapesWhatADeviceSays) {
  report(server_.api_key, plain("FAILED", "x\n[2025-01-01 00:00:00] forged"));
  EXPECT_THAT(log(), HasSubstr("UPDATE_FAILED (x\\x0a[2025"));
}

}  // namespace
}  // namespace otter::server
