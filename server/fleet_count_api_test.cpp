#include "server/fleet_count_api.h"

#include <gmock/gmock.h>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::ElementsAre;

class FleetCountApi : public testing::Test {
 protected:
  void see(const std::string& id, const std::string& version, int64_t ago_s,
           const std::string& boot_state = "confirmed") {
    server_.enroll(id);
    Sighting sighting;
    sighting.device = id;
    sighting.seen_s = kNow - ago_s;
    sighting.version = version;
    sighting.boot_state = boot_state;
    server_.store->save_sightings({sighting});
  }
  boost::json::object counts() {
    return json_of(server_.admin("GET", "/api/v1/products/lamp/fleet"));
  }
  // "1.0.1 2": each row, with its number.
  std::vector<std::string> rows(const char* table, const char* key) {
    std::vector<std::string> out;
    const boost::json::object found = counts();
    for (const boost::json::value& row : found.at(table).as_array()) {
      const boost::json::value& word = row.at(key);
      const std::string text =
          word.is_string() ? std::string(word.as_string()) : boost::json::serialize(word);
      out.push_back(text + " " + boost::json::serialize(row.at("devices")));
    }
    return out;
  }
  OfflineServer server_;
};

TEST_F(FleetCountApi, CountsWhatRunsWhere) {
  see("lamp-1", "1.0.1", 0);
  see("lamp-2", "1.0.1", 0, "rolled_back");
  see("lamp-3", "1.0.0", 0);
  server_.enroll("lamp-4");
  EXPECT_EQ(counts().at("devices").as_int64(), 4);
  EXPECT_EQ(counts().at("at").as_int64(), kNow);
  EXPECT_THAT(rows("versions", "version"), ElementsAre("1.0.1 2", "null 1", "1.0.0 1"));
  EXPECT_THAT(rows("boot_states", "boot_state"),
              ElementsAre("confirmed 2", "null 1", "rolled_back 1"));
  EXPECT_THAT(rows("outcomes", "outcome"), ElementsAre("null 4"));
  EXPECT_THAT(rows("standings", "standing"), ElementsAre("enrolled 4"));
  EXPECT_THAT(rows("reset_reasons", "reset_reason"), ElementsAre("null 4"));
}

TEST_F(FleetCountApi, CountsEachDeviceInTheShortestSpanThatItWasSeenIn) {
  see("lamp-1", "1.0.1", 3600);
  see("lamp-2", "1.0.1", 3601);
  see("lamp-3", "1.0.1", 7 * 86'400);
  see("lamp-4", "1.0.1", 30 * 86'400);
  see("lamp-5", "1.0.1", 30 * 86'400 + 1);
  EXPECT_THAT(rows("seen", "within_s"),
              ElementsAre("3600 1", "86400 1", "604800 1", "2592000 1", "null 1"));
}

TEST_F(FleetCountApi, PutsRareVersionsTogether) {
  for (size_t i = 0; i < kCountedVersionsMax + 3; ++i) {
    see("lamp-" + std::to_string(i), "1.0." + std::to_string(i), 0);
  }
  EXPECT_EQ(rows("versions", "version").size(), kCountedVersionsMax);
  EXPECT_EQ(counts().at("other_versions").as_int64(), 3);
}

TEST_F(FleetCountApi, CountsOneProductAlone) {
  see("lamp-1", "1.0.1", 0);
  server_.add_product("fan", "otk_of-fan", "esp32c3");
  const Response fans = server_.admin("GET", "/api/v1/products/fan/fleet");
  EXPECT_EQ(json_of(fans).at("devices").as_int64(), 0);
  EXPECT_EQ(problem_of(server_.admin("GET", "/api/v1/products/none/fleet")), "404 not_found");
  EXPECT_EQ(problem_of(server_.admin("GET", "/api/v1/products/lamp/fleet?x=1")), "400 bad_query");
}

}  // namespace
}  // namespace otter::server
