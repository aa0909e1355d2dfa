#include "server/layer_api.h"

#include <gmock/gmock.h>

#include <regex>

#include "server/fleet_fixture.h"

namespace otter::server {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr char kConfig[] = "/api/v1/products/lamp/config";

// lamp-0 is in the group "kitchens"; version 1 is in force.
class LayerApiTest : public testing::Test {
 protected:
  LayerApiTest() {
    server_.admin("PATCH", "/api/v1/devices/lamp-0", R"({"tags":["kitchen"]})");
    server_.admin("PUT", "/api/v1/products/lamp/groups/kitchens", R"({"filter":"tag = kitchen"})");
    set_product(1, R"({"interval_s":300,"colour":"warm"})");
  }
  void set_product(int version, const std::string& values) {
    const std::string number = std::to_string(version);
    const Response added =
        server_.admin("PUT", kConfig, R"({"version":)" + number + R"(,"values":)" + values + "}");
    ASSERT_EQ(added.status, 201U) << added.body;
    server_.admin("POST", kConfig, R"({"version":)" + number + "}");
  }
  Response set(const std::string& owner, const std::string& values) {
    return server_.admin("PUT", std::string(kConfig) + owner, values);
  }
  Response unset(const std::string& owner) {
    return server_.admin("DELETE", std::string(kConfig) + owner);
  }
  // What the device is told to have, as it fetches it, but for the salt.
  std::string fetched(const std::string& id) {
    const boost::json::value hash = server_.check_in({.id = id}).at("config_sha256");
    const Response blob = server_.get("/firmware/blob/" + std::string(hash.as_string()),
                                      {{"X-API-Key", server_.keys.at(id)}});
    static const std::regex salt(R"("salt":"[\w-]{22}",)");
    return blob.status == 200 ? std::regex_replace(blob.body, salt, "")
                              : std::to_string(blob.status);
  }
  int64_t stated(const std::string& id, uint32_t has = 0, uint32_t failed = 0) {
    return server_.check_in({.id = id, .config_version = has, .config_failed = failed})
        .at("config_version")
        .to_number<int64_t>();
  }
  boost::json::object shown(const std::string& id) {
    return json_of(server_.admin("GET", "/api/v1/devices/" + id + "/config"));
  }
  LampFleet server_{2};
};

TEST_F(LayerApiTest, MergesProductGroupAndDeviceInThatOrder) {
  EXPECT_EQ(set("/devices/lamp-0", R"({"interval_s":5})").status, 201U);
  EXPECT_EQ(set("/groups/kitchens", R"({"interval_s":60,"colour":null,"lamps":3})").status, 201U);
  EXPECT_EQ(fetched("lamp-0"), R"({"version":2,"values":{"interval_s":5,"lamps":3}})");
  EXPECT_EQ(fetched("lamp-1"), R"({"version":1,"values":{"interval_s":300,"colour":"warm"}})");
}

// Another device of the product could know version and values, and so the SHA-256.
TEST_F(LayerApiTest, NobodyGuessesWhereADevicesOwnAre) {
  set("/devices/lamp-0", R"({"interval_s":5})");
  const boost::json::value hash = server_.check_in({.id = "lamp-0"}).at("config_sha256");
  const std::string guess = R"({"version":2,"values":{"interval_s":5,"colour":"warm"}})";
  EXPECT_EQ(fetched("lamp-0"), guess);
  EXPECT_NE(hash.as_string(), hex_text(digest_of(as_bytes(guess)).bytes));
}

TEST_F(LayerApiTest, GivesTheSameValuesTheSameVersion) {
  server_.admin("PATCH", "/api/v1/devices/lamp-1", R"({"tags":["kitchen"]})");
  set("/groups/kitchens", R"({"lamps":3})");
  EXPECT_EQ(stated("lamp-0"), 2);
  EXPECT_EQ(stated("lamp-1"), 2);
  set("/groups/kitchens", R"({"lamps":4})");
  EXPECT_EQ(stated("lamp-0"), 3);
  set("/groups/kitchens", R"({"lamps":3})");
  EXPECT_EQ(stated("lamp-0"), 2);
}

TEST_F(LayerApiTest, FollowsADeviceIntoAGroupAndOut) {
  set("/groups/kitchens", R"({"lamps":3})");
  EXPECT_EQ(stated("lamp-0"), 2);
  server_.admin("PATCH", "/api/v1/devices/lamp-0", R"({"tags":[]})");
  EXPECT_EQ(stated("lamp-0"), 1);
  server_.admin("PATCH", "/api/v1/devices/lamp-1", R"({"tags":["kitchen"]})");
  EXPECT_EQ(stated("lamp-1"), 2);
}

TEST_F(LayerApiTest, GoesOnWithANewVersionOfTheProduct) {
  set("/groups/kitchens", R"({"lamps":3})");
  stated("lamp-0");
  EXPECT_EQ(json_of(server_.admin("GET", kConfig)).at("next_version").as_int64(), 3);
  set_product(3, R"({"interval_s":20})");
  EXPECT_EQ(fetched("lamp-0"), R"({"version":4,"values":{"interval_s":20,"lamps":3}})");
}

TEST_F(LayerApiTest, RefusesOwnersThatTheProductDoesNotHave) {
  server_.add_product("fan", "otk_of-fan", "");
  for (const char* path :
       {"/api/v1/products/fan/config/devices/lamp-0", "/api/v1/products/fan/config/groups/kitchens",
        "/api/v1/products/lamp/config/groups/none",
        "/api/v1/products/none/config/groups/kitchens"}) {
    EXPECT_EQ(problem_of(server_.admin("PUT", path, "{}")), "404 not_found") << path;
  }
}

TEST_F(LayerApiTest, GoesBackToTheProductsWhenNothingIsSetAnyMore) {
  EXPECT_EQ(problem_of(unset("/devices/lamp-0")), "404 not_found");
  set("/devices/lamp-0", R"({"lamps":3})");
  EXPECT_EQ(stated("lamp-0"), 2);
  EXPECT_EQ(unset("/devices/lamp-0").status, 200U);
  EXPECT_EQ(stated("lamp-0"), 1);
}

TEST_F(LayerApiTest, RefusesWhatNoDeviceCouldRead) {
  const std::pair<std::string, const char*> bad[] = {
      {"", "422 truncated"},
      {"[1]", "422 wrong_type"},
      {R"({"a":1.5})", "422 unsupported"},
      {R"({"a":1,"a":2})", "422 duplicate_key"},
      {R"({"a":[[[1]]]})", "422 too_deep"},
      {R"({"a":")" + std::string(3072, 'x') + R"("})", "422 too_large"},
      {R"({"a":")" + std::string(3020, 'x') + R"("})", "422 too_large"}};
  for (const auto& [values, problem] : bad) {
    EXPECT_EQ(problem_of(set("/groups/kitchens", values)), problem) << values.substr(0, 20);
  }
  EXPECT_TRUE(server_.store->layers({.product = "lamp"}).empty());
}

// Each goes with the product's, all of them do not: the device keeps what it has, and it is said.
TEST_F(LayerApiTest, SaysWhenAllOfItMergedIsTooMuch) {
  const std::string long_text(1600, 'x');
  set("/groups/kitchens", R"({"a":")" + long_text + R"("})");
  set("/devices/lamp-0", R"({"b":")" + long_text + R"("})");
  EXPECT_EQ(stated("lamp-0", 1), 0);
  EXPECT_THAT(server_.log_lines.str(),
              HasSubstr("Configurations merged can be none product=lamp device=lamp-0 "
                        "error=too_large"));
  const boost::json::object told = shown("lamp-0");
  EXPECT_TRUE(told.at("desired").is_null());
  EXPECT_EQ(told.at("fault").as_string(), "too_large");
}

TEST_F(LayerApiTest, ShowsBothSides) {
  set("/groups/kitchens", R"({"lamps":3})");
  stated("lamp-0", 2, 1);
  set("/groups/kitchens", R"({"lamps":4})");
  const boost::json::object told = shown("lamp-0");
  EXPECT_EQ(told.at("desired").at("version").as_int64(), 3);
  EXPECT_EQ(told.at("desired").at("base").as_int64(), 1);
  EXPECT_THAT(std::string(told.at("reported").at("document").as_string()), HasSubstr("lamps\":3"));
  EXPECT_EQ(told.at("failed_version").as_int64(), 1);
  EXPECT_EQ(told.at("layers").at(0).at("name").as_string(), "kitchens");
  EXPECT_TRUE(shown("lamp-1").at("reported").is_null());
}

TEST_F(LayerApiTest, ListsTheLayersOfOneKindOrOneOwner) {
  set("/groups/kitchens", R"({"lamps":3})");
  set("/devices/lamp-0", "{}");
  set("/devices/lamp-1", "{}");
  const auto names = [this](const std::string& query) {
    std::string text;
    const boost::json::value told = json_of(server_.admin("GET", kConfig + ("/layers" + query)));
    for (const boost::json::value& layer : told.at("layers").as_array()) {
      text += std::string(layer.at("name").as_string()) + " ";
    }
    return text;
  };
  EXPECT_EQ(names(""), "kitchens lamp-0 lamp-1 ");
  EXPECT_EQ(names("?kind=group"), "kitchens ");
  EXPECT_EQ(names("?kind=device&limit=1"), "lamp-0 ");
  EXPECT_EQ(names("?kind=device&name=lamp-1"), "lamp-1 ");
  EXPECT_EQ(names("?kind=group&name=lamp-1"), "");
  EXPECT_EQ(problem_of(server_.admin("GET", std::string(kConfig) + "/layers?kind=x")),
            "400 bad_query");
}

TEST_F(LayerApiTest, SaysWhoHasSetIt) {
  set("/groups/kitchens", R"({"lamps":3})");
  const boost::json::value told = json_of(server_.admin("GET", std::string(kConfig) + "/layers"));
  EXPECT_EQ(told.at("layers").at(0).at("created_by").as_string(), "admin");
  EXPECT_EQ(shown("lamp-0").at("layers").at(0).at("created_by").as_string(), "admin");
}

TEST_F(LayerApiTest, KeepsAGroupThatHasValues) {
  set("/groups/kitchens", "{}");
  const Response refused = server_.admin("DELETE", "/api/v1/products/lamp/groups/kitchens");
  EXPECT_EQ(problem_of(refused), "409 in_use");
  unset("/groups/kitchens");
  EXPECT_EQ(server_.admin("DELETE", "/api/v1/products/lamp/groups/kitchens").status, 200U);
}

// A rollout of a version counts what was merged with it.
TEST_F(LayerApiTest, LetsARolloutSeeItsVersionInWhatIsMerged) {
  set("/groups/kitchens", R"({"lamps":3})");
  EXPECT_EQ(stated("lamp-0"), 2);
  server_.admin("PUT", kConfig, R"({"version":3,"values":{"interval_s":1}})");
  const std::string rollouts = "/api/v1/products/lamp/rollouts";
  ASSERT_EQ(server_.admin("POST", rollouts, R"({"config":3,"template":"all_at_once"})").status,
            201U);
  server_.tick();
  EXPECT_EQ(stated("lamp-0", 2), 4);
  EXPECT_EQ(stated("lamp-1", 1), 3);
  EXPECT_EQ(stated("lamp-0", 4), 4);
  EXPECT_EQ(stated("lamp-1", 1, 3), 1);
  const boost::json::value told =
      json_of(server_.admin("GET", rollouts + "/config-3")).at("devices");
  EXPECT_EQ(told.at("confirmed").as_int64(), 1) << told;
  EXPECT_EQ(told.at("rolled_back").as_int64(), 1) << told;
}

// What a group adds and a device can't bear is no fault of the product's version below it.
TEST_F(LayerApiTest, BlamesNoRolloutForALayerThatIsTakenBack) {
  const std::string rollouts = "/api/v1/products/lamp/rollouts";
  server_.admin("PUT", kConfig, R"({"version":2,"values":{"interval_s":1}})");
  server_.admin("POST", rollouts, R"({"config":2,"template":"all_at_once"})");
  server_.tick();
  set("/groups/kitchens", R"({"lamps":3})");
  EXPECT_EQ(stated("lamp-0", 1), 3);
  EXPECT_EQ(stated("lamp-0", 3), 3);
  set("/groups/kitchens", R"({"lamps":-1})");
  EXPECT_EQ(stated("lamp-0", 3), 4);
  stated("lamp-0", 3, 4);
  const boost::json::value told =
      json_of(server_.admin("GET", rollouts + "/config-2")).at("devices");
  EXPECT_EQ(told.at("confirmed").as_int64(), 1) << told;
  EXPECT_EQ(told.at("rolled_back").as_int64(), 0) << told;
}

TEST_F(LayerApiTest, LeavesATraceOfEachChange) {
  set("/devices/lamp-1", R"({"lamps":3})");
  set("/devices/lamp-1", R"({"lamps":4})");
  unset("/devices/lamp-1");
  const std::vector<AuditEntry> entries =
      server_.store->audit_entries({.count_max = 2, .newest_first = true});
  EXPECT_THAT(entries.at(0).line, HasSubstr("Configuration unset"));
  EXPECT_THAT(entries.at(1).line, AllOf(HasSubstr("Configuration set"), HasSubstr(R"("lamps":3)"),
                                        HasSubstr(R"("lamps":4)")));
}

}  // namespace
}  // namespace otter::server
