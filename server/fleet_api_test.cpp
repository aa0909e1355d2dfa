#include "server/fleet_api.h"

#include <gmock/gmock.h>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class FleetApiTest : public testing::Test {
 protected:
  boost::json::object shown(const std::string& target) {
    return json_of(server_.admin("GET", target));
  }
  boost::json::array list(const std::string& target, const char* name) {
    return shown(target).at(name).as_array();
  }
  std::string text(const boost::json::object& object, const char* name) {
    return std::string(object.at(name).as_string());
  }
  std::string refusal(const std::string& target) {
    return problem_of(server_.admin("GET", target));
  }
  // The member `name` of each item, page after page; "|" where a page ends.
  std::vector<std::string> pages(const std::string& target, const char* items, const char* name) {
    std::vector<std::string> all;
    std::string more;
    while (true) {
      const boost::json::object page = shown(target + more);
      for (const boost::json::value& item : page.at(items).as_array()) {
        all.push_back(text(item.as_object(), name));
      }
      if (page.at("next").is_null()) return all;
      more = "&cursor=" + text(page, "next");
      all.push_back("|");
    }
  }
  OfflineServer server_;
};

TEST_F(FleetApiTest, ListsReleasesOfAProduct) {
  server_.publish("1.0.1", 1);
  server_.publish("1.0.2", 2);
  const boost::json::array releases = list("/api/v1/releases?product=lamp", "releases");
  ASSERT_EQ(releases.size(), 2U);
  const boost::json::object newest = releases.at(0).as_object();
  EXPECT_EQ(text(newest, "version"), "1.0.2");
  EXPECT_EQ(text(newest, "channel"), "stable");
  EXPECT_EQ(text(newest, "chip"), "esp32c3");
  EXPECT_EQ(newest.at("sequence").as_int64(), 2);
  EXPECT_EQ(newest.at("created").as_int64(), kNow);
  server_.add_product("fan", "otk_fan", "esp32");
  EXPECT_TRUE(list("/api/v1/releases?product=fan", "releases").empty());
  EXPECT_EQ(list("/api/v1/releases", "releases").size(), 2U);
}

TEST_F(FleetApiTest, ListsDevicesAsTheyAreNow) {
  server_.enroll("lamp-7");
  server_.sightings.note({"lamp-7", kNow + 60, "1.0.0", "trial", 5000});
  const boost::json::object device =
      list("/api/v1/devices?product=lamp", "devices").at(0).as_object();
  EXPECT_EQ(text(device, "id"), "lamp-7");
  EXPECT_EQ(text(device, "version"), "1.0.0");
  EXPECT_EQ(text(device, "boot_state"), "trial");
  EXPECT_EQ(device.at("last_seen").as_int64(), kNow + 60);
  EXPECT_EQ(device.at("standing").as_string(), "enrolled");
  EXPECT_TRUE(device.at("outcome").is_null());
  server_.add_product("fan", "otk_fan", "esp32");
  EXPECT_TRUE(list("/api/v1/devices?product=fan", "devices").empty());
}

TEST_F(FleetApiTest, ShowsADevicesReports) {
  server_.publish("1.0.1", 1);
  server_.post("/firmware/report", server_.api_key,
               R"({"device_id":"lamp-9","status":"FAILED","version":"1.0.1","error":"bad_hash",)"
               R"("reset_reason":"panic"})");
  const boost::json::array reports = list("/api/v1/devices/lamp-9/reports", "reports");
  ASSERT_EQ(reports.size(), 1U);
  const boost::json::object report = reports.at(0).as_object();
  EXPECT_EQ(text(report, "outcome"), "failed");
  EXPECT_EQ(text(report, "error"), "bad_hash");
  EXPECT_EQ(text(report, "version"), "1.0.1");
  EXPECT_EQ(text(report, "reset_reason"), "panic");
  EXPECT_EQ(report.at("received").as_int64(), kNow);
  EXPECT_EQ(text(report, "report_id").size(), 32U);
}

TEST_F(FleetApiTest, HasNoReportsOfUnknownDevices) {
  EXPECT_EQ(problem_of(server_.admin("GET", "/api/v1/devices/ghost/reports")), "404 not_found");
}

TEST_F(FleetApiTest, ShowsOneDevice) {
  for (const char* id : {"lamp", "lamp-7", "lamp-70"}) server_.enroll(id);
  server_.sightings.note({"lamp-7", kNow + 60, "1.0.0", "trial", 5000, 1, {}});
  const boost::json::object device = shown("/api/v1/devices/lamp-7");
  EXPECT_EQ(text(device, "id"), "lamp-7");
  EXPECT_EQ(text(device, "chip"), "esp32c3");
  EXPECT_EQ(device.at("slot_bytes").as_int64(), 5000);
  EXPECT_EQ(device.at("created").as_int64(), kNow);
  EXPECT_EQ(device.at("key_epoch").as_int64(), 1);
  EXPECT_EQ(device.at("resets").as_int64(), 0);
  for (const char* unknown : {"reset_reason", "uptime_s", "heap_bytes", "rssi_dbm"}) {
    EXPECT_TRUE(device.at(unknown).is_null()) << unknown;
  }
  EXPECT_EQ(device, list("/api/v1/devices?id_prefix=lamp-7", "devices").at(0).as_object());
  for (const char* id : {"lamp-", "lamp-8", "LAMP-7"}) {
    EXPECT_EQ(refusal(std::string("/api/v1/devices/") + id), "404 not_found") << id;
  }
}

TEST_F(FleetApiTest, ShowsOneRelease) {
  server_.publish(OfflineServer::image_of("1.0.1"), OfflineServer::options_of("1.0.1", 1),
                  "Mends.");
  const boost::json::object release = shown("/api/v1/releases/lamp/1.0.1");
  EXPECT_EQ(text(release, "version"), "1.0.1");
  EXPECT_EQ(text(release, "notes"), "Mends.");
  EXPECT_EQ(text(release, "app_elf_sha256").size(), 64U);
  EXPECT_EQ(release.at("envelope").at("signatures").as_array().size(), 1U);
  EXPECT_EQ(refusal("/api/v1/releases/lamp/1.0.2"), "404 not_found");
  EXPECT_EQ(refusal("/api/v1/releases/fan/1.0.1"), "404 not_found");
}

TEST_F(FleetApiTest, GivesListsInPages) {
  for (const char* id : {"a", "b", "c"}) server_.enroll(id);
  server_.add_product("fan", "otk_fan", "esp32");
  for (uint64_t i = 1; i <= 3; ++i) server_.publish("1.0." + std::to_string(i), i);
  EXPECT_THAT(pages("/api/v1/devices?limit=2", "devices", "id"), ElementsAre("a", "b", "|", "c"));
  EXPECT_THAT(pages("/api/v1/devices?limit=3", "devices", "id"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(pages("/api/v1/products?limit=1", "products", "name"),
              ElementsAre("fan", "|", "lamp"));
  EXPECT_THAT(pages("/api/v1/releases?limit=2", "releases", "version"),
              ElementsAre("1.0.3", "1.0.2", "|", "1.0.1"));
}

TEST_F(FleetApiTest, GivesReportsInPages) {
  for (const char* error : {"e1", "e2", "e3"}) {
    server_.post("/firmware/report", server_.api_key,
                 std::string(R"({"device_id":"x","status":"FAILED","version":"1.0.1","error":")") +
                     error + "\"}");
  }
  EXPECT_THAT(pages("/api/v1/devices/x/reports?limit=2", "reports", "error"),
              ElementsAre("e3", "e2", "|", "e1"));
  EXPECT_THAT(pages("/api/v1/devices/x/reports?outcome=claimed", "reports", "error"), IsEmpty());
}

TEST_F(FleetApiTest, GivesAtMostAHundredUnlessAskedForMore) {
  for (int i = 1000; i < 1102; ++i) server_.enroll(std::to_string(i));
  EXPECT_EQ(list("/api/v1/devices", "devices").size(), 100U);
  EXPECT_EQ(list("/api/v1/devices?limit=1000", "devices").size(), 102U);
}

TEST_F(FleetApiTest, FindsDevicesByAllThatIsStated) {
  for (const char* id : {"a", "b", "c"}) server_.enroll(id);
  server_.sightings.note({"a", kNow + 1, "1.0.0", "confirmed"});
  server_.sightings.note({"b", kNow + 2, "1.0.1", "trial"});
  const auto found = [&](const std::string& query) {
    return pages("/api/v1/devices?" + query, "devices", "id");
  };
  const std::string now = std::to_string(kNow + 2);
  EXPECT_THAT(found("version=1.0.0"), ElementsAre("a"));
  EXPECT_THAT(found("boot_state=trial"), ElementsAre("b"));
  EXPECT_THAT(found("id_prefix=c"), ElementsAre("c"));
  EXPECT_THAT(found("seen_from=" + now), ElementsAre("b"));
  EXPECT_THAT(found("seen_before=" + now), ElementsAre("a", "c"));
  EXPECT_THAT(found("outcome=failed"), IsEmpty());
  server_.add_product("fan", "otk_fan", "esp32");
  EXPECT_THAT(found("product=fan"), IsEmpty());
}

TEST_F(FleetApiTest, RefusesQueriesThatMeanNothing) {
  server_.enroll("x");
  for (const char* target :
       {"/api/v1/devices?limit=0", "/api/v1/devices?limit=1001", "/api/v1/devices?limit=2x",
        "/api/v1/devices?limit=", "/api/v1/devices?prodcut=lamp", "/api/v1/devices?outcome=good",
        "/api/v1/devices?seen_from=-1", "/api/v1/devices?seen_before=now", "/api/v1/devices/x?a=b",
        "/api/v1/products?name=lamp", "/api/v1/releases?sequence=1",
        "/api/v1/products/lamp?chanel=beta", "/api/v1/products/lamp/config?limit=a",
        "/api/v1/devices/x/reports?version=1"}) {
    EXPECT_EQ(refusal(target), "400 bad_query") << target;
  }
}

TEST_F(FleetApiTest, RefusesCursorsThatItDidNotGive) {
  for (const char* id : {"a", "b"}) server_.enroll(id);
  const std::string cursor = text(shown("/api/v1/devices?limit=1"), "next");
  EXPECT_EQ(list("/api/v1/devices?cursor=" + cursor, "devices").size(), 1U);
  EXPECT_EQ(refusal("/api/v1/products?cursor=" + cursor), "400 bad_query");
  for (const std::string& bad : {cursor + "0", cursor + "0a61", std::string("x"), std::string("00"),
                                 std::string(2000, '0'), cursor.substr(2)}) {
    EXPECT_EQ(refusal("/api/v1/devices?cursor=" + bad), "400 bad_query") << bad;
  }
  // "reports", a line break, and what is no number.
  for (const char* bad : {"7265706f7274730a78", "7265706f7274730a2d31", "7265706f7274730a"}) {
    EXPECT_EQ(refusal(std::string("/api/v1/devices/a/reports?cursor=") + bad), "400 bad_query");
  }
}

// An empty list would look as if all were well.
TEST_F(FleetApiTest, RefusesProductsThatThereAreNot) {
  for (const char* target :
       {"/api/v1/products?product=lmap", "/api/v1/releases?product=lmap",
        "/api/v1/devices?product=lmap", "/api/v1/events?product=lmap",
        "/api/v1/devices?filter=product%3Dlmap", "/api/v1/tokens?account=lmap",
        "/api/v1/devices?filter=tag%3Dx%20and%20not%20product%20in%20(lamp,lmap)"}) {
    EXPECT_EQ(refusal(target), "400 bad_query") << target;
  }
  EXPECT_TRUE(list("/api/v1/devices?filter=product%3Dlamp", "devices").empty());
  EXPECT_TRUE(list("/api/v1/devices?filter=product~%22lm*%22", "devices").empty());
}

TEST_F(FleetApiTest, TellsATokenForOneProductOfNoOther) {
  server_.add_product("fan", "otk_of-fan", "esp32c3");
  server_.add_token("ota_lamp", "ci", Role::publisher, "lamp");
  const auto answer = [&](const std::string& product) {
    return server_.send(request_of("GET", "/api/v1/devices?filter=product%3D" + product,
                                   {{"Authorization", "Bearer ota_lamp"}}));
  };
  EXPECT_EQ(answer("lamp").status, 200U);
  EXPECT_EQ(problem_of(answer("fan")), "400 bad_query");
  EXPECT_EQ(problem_of(answer("nope")), "400 bad_query");
}

}  // namespace
}  // namespace otter::server
