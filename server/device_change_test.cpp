#include "server/device_change.h"

#include <gmock/gmock.h>

#include "server/server_fixture.h"
#include "server/store_sqlite_connection.h"

namespace otter::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class DeviceChangeTest : public testing::Test {
 protected:
  DeviceChangeTest() {
    for (const char* id : {"lamp-7", "lamp-8", "lamp-9"}) server_.enroll(id);
  }
  Response change(const std::string& body, const std::string& id = "lamp-7") {
    return server_.admin("PATCH", "/api/v1/devices/" + id, body);
  }
  std::string changed(const std::string& body) {
    const Response response = change(body);
    return response.status == 200 ? response.body : problem_of(response);
  }
  std::string shown(const std::string& id) {
    return server_.admin("GET", "/api/v1/devices/" + id).body;
  }
  std::string last_entry() {
    return server_.store->audit_entries({.count_max = 1, .newest_first = true}).at(0).line;
  }
  Response listed(const std::string& encoded_filter) {
    return server_.admin("GET", "/api/v1/devices?filter=" + encoded_filter);
  }
  std::vector<std::string> ids(const std::string& encoded_filter) {
    std::vector<std::string> ids;
    const boost::json::object answer = json_of(listed(encoded_filter));
    for (const boost::json::value& device : answer.at("devices").as_array()) {
      ids.emplace_back(device.at("id").as_string());
    }
    return ids;
  }
  OfflineServer server_;
};

TEST_F(DeviceChangeTest, LabelsADevice) {
  EXPECT_EQ(changed(R"({"tags":{"add":["kitchen","beta"]},"attributes":{"floor":3,"a":"b"}})"),
            R"({"standing":"enrolled","tags":["beta","kitchen"],)"
            R"("attributes":{"a":"b","floor":3},"id":"lamp-7"})"
            "\n");
  EXPECT_THAT(shown("lamp-7"), HasSubstr(R"("tags":["beta","kitchen"],"attributes":{"a":"b",)"));
  EXPECT_THAT(shown("lamp-8"), HasSubstr(R"("tags":[],"attributes":{})"));
  EXPECT_THAT(changed(R"({"tags":{"remove":["beta"]},"attributes":{"a":null}})"),
              HasSubstr(R"("tags":["kitchen"],"attributes":{"floor":3})"));
  EXPECT_THAT(changed(R"({"tags":["lab"]})"), HasSubstr(R"("tags":["lab"],)"));
}

TEST_F(DeviceChangeTest, RecordsWhatWasChanged) {
  change(R"({"tags":["lab"],"attributes":{"floor":3}})");
  change(R"({"tags":{"add":["beta"]}})");
  EXPECT_THAT(last_entry(), HasSubstr(R"("action":"Device labelled","subject":"lamp-7",)"
                                      R"("before":{"tags":["lab"]},"after":{"tags":["beta",)"
                                      R"("lab"]})"));
  change(R"({"standing":"revoked","attributes":{"floor":4}})");
  EXPECT_THAT(last_entry(), HasSubstr(R"("action":"Device revoked")"));
  EXPECT_THAT(last_entry(),
              HasSubstr(R"("after":{"standing":"revoked","attributes":{"floor":4}})"));
}

TEST_F(DeviceChangeTest, RefusesWhatADeviceCantHave) {
  for (const char* body :
       {"{}", R"({"tags":1})", R"({"tags":{"ad":["x"]}})", R"({"tags":[1]})", R"({"tags":["a b"]})",
        R"({"attributes":[]})", R"({"attributes":{"a":true}})", R"({"attributes":{"a b":1}})",
        R"({"attributes":{"a":"\n"}})", R"({"attributes":{"a":1e15}})"}) {
    EXPECT_EQ(changed(body), "422 invalid_field") << body;
  }
  EXPECT_EQ(problem_of(change(R"({"tags":[]})", "ghost")), "404 not_found");
}

TEST_F(DeviceChangeTest, DoesAllOrNothing) {
  EXPECT_EQ(changed(R"({"tags":["lab"],"standing":"x"})"), "422 invalid_field");
  EXPECT_EQ(server_.store->labels("lamp-7"), fleet::Labels());
  EXPECT_EQ(changed(R"({"tags":["a b"],"standing":"revoked"})"), "422 invalid_field");
  EXPECT_EQ(server_.store->device("lamp-7")->standing, Standing::enrolled);
}

TEST_F(DeviceChangeTest, ListsDevicesThatAFilterChooses) {
  change(R"({"tags":["kitchen"],"attributes":{"floor":3}})", "lamp-7");
  change(R"({"tags":["kitchen"]})", "lamp-9");
  server_.sightings.note({"lamp-9", kNow - 86400 * 3, "1.3.10", "confirmed", 5000});
  EXPECT_THAT(ids("tag%3Dkitchen"), ElementsAre("lamp-7", "lamp-9"));
  EXPECT_THAT(ids("attr.floor%20%3E%3D%203"), ElementsAre("lamp-7"));
  EXPECT_THAT(ids("version%3C1.4.0%20and%20seen_days%20%3E%202"), ElementsAre("lamp-9"));
  EXPECT_THAT(ids("standing%3Denrolled%20and%20not%20tag%3Dkitchen"), ElementsAre("lamp-8"));
  EXPECT_THAT(ids("product%3Dlamp%20and%20chip%3Desp32c3%20and%20boot%3Dconfirmed"),
              ElementsAre("lamp-9"));
}

TEST_F(DeviceChangeTest, ListsADeviceWhoseLabelsAreDamaged) {
  change(R"({"tags":["kitchen"]})", "lamp-7");
  SqliteConnection(server_.folder.file("otter.sqlite"))
      .execute("UPDATE labels SET document = '{\"tags\":'");
  EXPECT_THAT(ids("id%3Dlamp-7"), ElementsAre("lamp-7"));
  EXPECT_THAT(ids("tag%3Dkitchen"), testing::IsEmpty());
  EXPECT_EQ(server_.admin("GET", "/api/v1/devices/lamp-7").status, 200U);
  change(R"({"tags":["kitchen"]})", "lamp-7");
  EXPECT_THAT(ids("tag%3Dkitchen"), ElementsAre("lamp-7"));
}

TEST_F(DeviceChangeTest, PagesThroughWhatAFilterChooses) {
  for (const char* id : {"lamp-7", "lamp-9"}) change(R"({"tags":["kitchen"]})", id);
  const boost::json::object page = json_of(listed("tag%3Dkitchen&limit=1"));
  EXPECT_EQ(page.at("devices").as_array().size(), 1U);
  const std::string next(page.at("next").as_string());
  EXPECT_THAT(ids("tag%3Dkitchen&limit=1&cursor=" + next), ElementsAre("lamp-9"));
}

TEST_F(DeviceChangeTest, SaysWhatIsWrongWithAFilter) {
  const Response response = listed("tag%20%3D");
  EXPECT_EQ(problem_of(response), "400 bad_query");
  EXPECT_THAT(response.body, HasSubstr(R"(\"filter\", column 6: expected a value, found the end)"));
}

}  // namespace
}  // namespace otter::server
