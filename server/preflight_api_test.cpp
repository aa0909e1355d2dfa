#include "server/preflight_api.h"

#include <gmock/gmock.h>

#include "server/fleet_fixture.h"

namespace otter::server {
namespace {

using testing::ElementsAre;

class PreflightTest : public testing::Test {
 protected:
  PreflightTest() { server_.publish("1.1.0", 2); }
  boost::json::object preflight(const std::string& query = "") {
    const Response response = server_.admin("GET", "/api/v1/releases/lamp/1.1.0/preflight" + query);
    EXPECT_EQ(response.status, 200U) << response.body;
    return json_of(response);
  }
  static std::vector<std::string> causes(const boost::json::object& found) {
    std::vector<std::string> lines;
    for (const boost::json::value& cause : found.at("causes").as_array()) {
      const boost::json::value& detail = cause.at("detail");
      lines.push_back(std::to_string(cause.at("devices").as_int64()) + " " +
                      std::string(cause.at("reason").as_string()) + " " +
                      (detail.is_null() ? "" : std::string(detail.as_string())));
    }
    return lines;
  }
  static std::vector<std::string> refused(const boost::json::object& found) {
    std::vector<std::string> ids;
    for (const boost::json::value& one : found.at("refusals").as_array()) {
      ids.emplace_back(one.at("id").as_string());
    }
    return ids;
  }
  LampFleet server_{6};
};

TEST_F(PreflightTest, CountsWhoCanNotTakeIt) {
  server_.check_in({.id = "lamp-1", .slot_bytes = 4096});
  server_.check_in({.id = "lamp-2", .slot_bytes = 4096});
  server_.check_in({.id = "lamp-3"});
  server_.report("lamp-3", "1.1.0", "rolled_back");
  server_.check_in({.id = "lamp-4", .version = "1.1.0", .sequence = 2});
  const boost::json::object found = preflight();
  EXPECT_EQ(found.at("devices").as_int64(), 6);
  EXPECT_EQ(found.at("installed").as_int64(), 1);
  EXPECT_EQ(found.at("cannot_take").as_int64(), 3);
  EXPECT_EQ(found.at("can_take").as_int64(), 2);
  EXPECT_THAT(causes(found), ElementsAre("2 unfit slot_too_small", "1 failed_before "));
  EXPECT_THAT(refused(found), ElementsAre("lamp-1", "lamp-2", "lamp-3"));
}

// What a device has said at its last check-in counts, also what no list shows.
TEST_F(PreflightTest, KnowsTheHighestSequenceThatADeviceHasAccepted) {
  server_.check_in({.id = "lamp-1", .sequence = 7});
  EXPECT_THAT(causes(preflight()), ElementsAre("1 unfit old_sequence"));
}

TEST_F(PreflightTest, KeepsToAGroup) {
  for (const char* id : {"lamp-1", "lamp-2"}) server_.check_in({.id = id, .slot_bytes = 4096});
  server_.admin("PATCH", "/api/v1/devices/lamp-1", R"({"tags":["kitchen"]})");
  server_.admin("PUT", "/api/v1/products/lamp/groups/kitchens", R"({"filter":"tag = kitchen"})");
  EXPECT_EQ(preflight("?group=kitchens").at("devices").as_int64(), 1);
  EXPECT_THAT(refused(preflight("?group=tag%20%3D%20kitchen")), ElementsAre("lamp-1"));
}

TEST_F(PreflightTest, ComesInPages) {
  for (const char* id : {"lamp-1", "lamp-2", "lamp-3"}) {
    server_.check_in({.id = id, .slot_bytes = 4096});
  }
  const boost::json::object first = preflight("?limit=2");
  EXPECT_THAT(refused(first), ElementsAre("lamp-1", "lamp-2"));
  const std::string cursor(first.at("next").as_string());
  const boost::json::object second = preflight("?limit=2&cursor=" + cursor);
  EXPECT_THAT(refused(second), ElementsAre("lamp-3"));
  EXPECT_TRUE(second.at("next").is_null());
  EXPECT_EQ(second.at("cannot_take").as_int64(), 3);
}

TEST_F(PreflightTest, RefusesWhatItDoesNotKnow) {
  const auto get = [&](const std::string& path) {
    return problem_of(server_.admin("GET", "/api/v1/releases/lamp/" + path));
  };
  EXPECT_EQ(get("9.9/preflight"), "404 not_found");
  EXPECT_EQ(get("1.1.0/preflight?groop=x"), "400 bad_query");
  EXPECT_EQ(get("1.1.0/preflight?group=tag"), "400 bad_query");
}

}  // namespace
}  // namespace otter::server
