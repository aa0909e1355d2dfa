#include "server/approval_api.h"

#include <gmock/gmock.h>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;
using testing::Not;

class ApprovalTest : public testing::Test {
 protected:
  ApprovalTest() {
    server_.add_token("ota_bob", "bob", Role::publisher);
    require(true);
  }
  std::string require(bool is_required) {
    return told(server_.admin("PUT", "/api/v1/products/lamp/approval",
                              is_required ? R"({"required":true})" : R"({"required":false})"));
  }
  std::string told(const Response& response) {
    return response.status < 400 ? std::to_string(response.status) : problem_of(response);
  }
  std::string approve_as(const std::string& token, const std::string& version,
                         const std::string& product = "lamp") {
    return told(
        server_.send(request_of("POST", "/api/v1/releases/" + product + "/" + version + "/approval",
                                {{"Authorization", "Bearer " + token}}, "{}")));
  }
  std::string approve(const std::string& version) { return approve_as("ota_bob", version); }
  std::string manifest() { return told(server_.get("/firmware/manifest")); }
  // The version that a device is offered; empty: none.
  std::string offered() {
    const Response response = server_.send(request_of(
        "GET", "/firmware/manifest",
        {{"X-API-Key", server_.enroll("lamp-7")},
         {"Accept", "application/vnd.otter.checkin.v1"},
         {"X-Otter-Device",
          "id=\"lamp-7\", ver=\"0.9.0\", product=\"lamp\", chip=\"esp32c3\", slot=1048576, "
          "nonce=:AAECAwQFBgcICQoLDA0ODw==:"}}));
    EXPECT_EQ(response.status, 200U) << response.body;
    const size_t at = response.body.find("\"version\":\"");
    return at == std::string::npos ? "" : response.body.substr(at + 11, 5);
  }
  boost::json::object listed() {
    const boost::json::object answer = json_of(server_.admin("GET", "/api/v1/releases"));
    return answer.at("releases").as_array().at(0).as_object();
  }
  OfflineServer server_;
};

TEST_F(ApprovalTest, OffersAPendingReleaseToNobody) {
  EXPECT_EQ(server_.publish("1.0.1", 1).status, 201U);
  const std::string blob =
      "/firmware/blob/" + hex_text(digest_of(OfflineServer::image_of("1.0.1")).bytes);
  EXPECT_EQ(offered(), "");
  for (const std::string& path :
       {std::string("/firmware/manifest"), std::string("/firmware/1.0.1.bin"), blob}) {
    EXPECT_EQ(told(server_.get(path)), "404 not_found") << path;
  }
  EXPECT_EQ(approve("1.0.1"), "200");
  EXPECT_EQ(offered(), "1.0.1");
  for (const std::string& path :
       {std::string("/firmware/manifest"), std::string("/firmware/1.0.1.bin"), blob}) {
    EXPECT_EQ(told(server_.get(path)), "200") << path;
  }
}

TEST_F(ApprovalTest, GoesOnOfferingTheOneBefore) {
  server_.publish("1.0.1", 1);
  approve("1.0.1");
  server_.publish("1.0.2", 2);
  EXPECT_EQ(offered(), "1.0.1");
  EXPECT_EQ(json_of(server_.get("/firmware/manifest")).at("version"), "1.0.1");
  EXPECT_EQ(json_of(server_.admin("GET", "/api/v1/products/lamp")).at("next_sequence"), 3);
}

TEST_F(ApprovalTest, TakesTwoAccounts) {
  server_.publish("1.0.1", 1);
  EXPECT_EQ(approve_as(server_.admin_token, "1.0.1"), "403 forbidden");
  server_.add_token("ota_second-of-admin", kFirstAccount, Role::admin);
  EXPECT_EQ(approve_as("ota_second-of-admin", "1.0.1"), "403 forbidden");
  EXPECT_EQ(manifest(), "404 not_found");
}

TEST_F(ApprovalTest, TakesTheRightToPublish) {
  server_.publish("1.0.1", 1);
  server_.add_token("ota_eve", "eve", Role::operator_);
  EXPECT_EQ(approve_as("ota_eve", "1.0.1"), "403 forbidden");
  server_.add_token("ota_fan", "ci-fan", Role::publisher, "lamp-of-another");
  EXPECT_EQ(approve_as("ota_fan", "1.0.1"), "403 forbidden");
  EXPECT_EQ(manifest(), "404 not_found");
}

TEST_F(ApprovalTest, SaysWhoPublishedAndWhoApproved) {
  server_.publish("1.0.1", 1);
  EXPECT_EQ(listed().at("pending"), true);
  EXPECT_EQ(listed().at("published_by"), "admin");
  EXPECT_TRUE(listed().at("approved_by").is_null());
  approve("1.0.1");
  EXPECT_EQ(listed().at("pending"), false);
  EXPECT_EQ(listed().at("approved_by"), "bob");
}

TEST_F(ApprovalTest, ApprovesOnceHoweverOftenItIsAsked) {
  server_.publish("1.0.1", 1);
  EXPECT_EQ(approve("1.0.1"), "200");
  server_.add_token("ota_carol", "carol", Role::admin);
  EXPECT_EQ(approve_as("ota_carol", "1.0.1"), "200");
  EXPECT_EQ(listed().at("approved_by"), "bob");
}

TEST_F(ApprovalTest, KnowsWhatThereIs) {
  EXPECT_EQ(approve("1.0.1"), "404 not_found");
  EXPECT_EQ(approve_as("ota_bob", "1.0.1", "fan"), "404 not_found");
  EXPECT_EQ(told(server_.admin("PUT", "/api/v1/products/fan/approval", R"({"required":true})")),
            "404 not_found");
  EXPECT_EQ(told(server_.admin("PUT", "/api/v1/products/lamp/approval", "{}")),
            "422 invalid_field");
}

TEST_F(ApprovalTest, IsAskedForByProduct) {
  EXPECT_EQ(json_of(server_.admin("GET", "/api/v1/products/lamp")).at("needs_approval"), true);
  require(false);
  EXPECT_EQ(json_of(server_.admin("GET", "/api/v1/products/lamp")).at("needs_approval"), false);
  server_.publish("1.0.1", 1);
  EXPECT_EQ(manifest(), "200");
}

// Whoever may switch it off must not release by that what waits.
TEST_F(ApprovalTest, KeepsPendingWhatWasPendingWhenItIsSwitchedOff) {
  server_.publish("1.0.1", 1);
  require(false);
  EXPECT_EQ(manifest(), "404 not_found");
  EXPECT_EQ(approve_as(server_.admin_token, "1.0.1"), "403 forbidden");
  EXPECT_EQ(approve("1.0.1"), "200");
  EXPECT_EQ(manifest(), "200");
}

TEST_F(ApprovalTest, LeavesItsTraceInTheAuditLog) {
  server_.publish("1.0.1", 1);
  approve("1.0.1");
  const std::vector<AuditEntry> entries = server_.store->audit_entries({});
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_THAT(entries[0].line,
              HasSubstr(R"("before":{"required":false},"after":{"required":true})"));
  EXPECT_THAT(entries[1].line, HasSubstr(R"("account":"admin",)"));
  EXPECT_THAT(entries[1].line, HasSubstr(R"("pending":true,)"));
  EXPECT_THAT(entries[2].line, HasSubstr(R"("account":"bob",)"));
  EXPECT_THAT(entries[2].line, HasSubstr(R"("action":"Release approved","subject":"lamp 1.0.1")"));
}

}  // namespace
}  // namespace otter::server
