// Configurations that go out in stages.
#include <gmock/gmock.h>

#include "server/fleet_fixture.h"

namespace otter::server {
namespace {

constexpr int kLampCount = 8;

// Version 1 is in force, 2 is kept.
class ConfigurationRolloutTest : public testing::Test {
 protected:
  ConfigurationRolloutTest() { server_.keep_configurations(2); }
  Response send(const std::string& method, const std::string& path, const std::string& body = {}) {
    return server_.admin(method, "/api/v1/products/lamp/rollouts" + path, body);
  }
  void start(const std::string& more = "") {
    const Response response =
        send("POST", "",
             R"({"config":2,"stages":[{"share":50,"bake":"1h"},{"share":100,"bake":"1h"}],)"
             R"("gates":{"health_error_rate":0,"sample":2})" +
                 more + "}");
    ASSERT_EQ(response.status, 201U) << response.body;
    server_.tick();
  }
  int64_t stated(const std::string& id, uint32_t has = 1, uint32_t failed = 0) {
    const LampFacts lamp = {.id = id, .config_version = has, .config_failed = failed};
    return server_.check_in(lamp).at("config_version").to_number<int64_t>();
  }
  // Those that are given the version.
  std::vector<std::string> given(int64_t version) {
    std::vector<std::string> ids;
    for (const auto& [id, key] : server_.keys) {
      if (stated(id) == version) ids.push_back(id);
    }
    return ids;
  }
  std::string phase() {
    return std::string(json_of(send("GET", "/config-2")).at("phase").as_string());
  }
  uint32_t in_force() { return server_.store->product("lamp")->config_version; }
  LampFleet server_{kLampCount};
};

TEST_F(ConfigurationRolloutTest, GivesItToAStageAtATime) {
  start();
  const std::vector<std::string> first = given(2);
  EXPECT_EQ(first.size(), size_t{kLampCount / 2});
  EXPECT_EQ(given(2), first);
  for (const std::string& id : first) EXPECT_EQ(stated(id, 2), 2);
  server_.tick();
  EXPECT_EQ(phase(), "baking");
  server_.tick(3600);
  EXPECT_EQ(given(2).size(), size_t{kLampCount});
}

TEST_F(ConfigurationRolloutTest, PutsItInForceOnceAllHaveIt) {
  start();
  for (int stage = 0; stage < 2; ++stage) {
    for (const auto& [id, key] : server_.keys) {
      if (stated(id) == 2) stated(id, 2);
    }
    server_.tick();
    EXPECT_EQ(in_force(), 1U);
    server_.tick(3600);
  }
  EXPECT_EQ(phase(), "complete");
  EXPECT_EQ(in_force(), 2U);
  // From then on what is put in force counts, also an earlier one.
  use_configuration(*server_.store, "lamp", 1);
  EXPECT_EQ(stated("lamp-1", 2), 1);
}

TEST_F(ConfigurationRolloutTest, HaltsWhenDevicesTakeItBack) {
  start();
  const std::vector<std::string> first = given(2);
  EXPECT_EQ(stated(first[0], 1, 2), 1);  // it has told that it took it back
  stated(first[1], 1, 2);
  server_.tick();
  EXPECT_EQ(phase(), "halted");
  EXPECT_EQ(stated(first[2]), 2);  // who is at it may end
}

TEST_F(ConfigurationRolloutTest, GoesBackToWhatIsInForce) {
  start();
  const std::vector<std::string> first = given(2);
  for (const std::string& id : first) stated(id, 2);
  EXPECT_EQ(send("PATCH", "/config-2", R"({"action":"take_back"})").status, 200U);
  const boost::json::object told = server_.check_in({.id = first[0], .config_version = 2});
  EXPECT_EQ(told.at("config_version").to_number<int64_t>(), 1);
  EXPECT_TRUE(told.at("command").is_null());  // its firmware stays
  for (const std::string& id : first) stated(id, 1);
  server_.tick();
  EXPECT_EQ(phase(), "returned");
}

// One of a group stays above what is in force for all, until it is taken back.
TEST_F(ConfigurationRolloutTest, StaysWithItsGroup) {
  server_.admin("PATCH", "/api/v1/devices/lamp-1", R"({"tags":["kitchen"]})");
  start(R"(,"group":"tag = kitchen")");
  EXPECT_EQ(given(2), std::vector<std::string>{"lamp-1"});
  for (int stage = 0; stage < 2; ++stage) {
    stated("lamp-1", 2);
    server_.tick();
    server_.tick(3600);
  }
  EXPECT_EQ(phase(), "complete");
  EXPECT_EQ(in_force(), 1U);
  EXPECT_EQ(stated("lamp-1", 2), 2);
  EXPECT_EQ(stated("lamp-2"), 1);
}

TEST_F(ConfigurationRolloutTest, ShowsWhatADeviceShouldHaveAndWhatItHas) {
  start();
  const std::string id = given(2).front();
  const boost::json::object config =
      json_of(server_.admin("GET", "/api/v1/devices/" + id + "/explanation"))
          .at("config")
          .as_object();
  EXPECT_EQ(config.at("desired").as_int64(), 2);
  EXPECT_EQ(config.at("reported").as_int64(), 1);
  const boost::json::object shown = json_of(send("GET", "/config-2"));
  EXPECT_TRUE(shown.at("version").is_null());
  EXPECT_EQ(shown.at("config").as_int64(), 2);
}

// At one offer at a time, whatever is offered.
TEST_F(ConfigurationRolloutTest, WaitsForADeviceThatIsAtARelease) {
  server_.publish("1.1.0", 2);
  ASSERT_EQ(send("POST", "", R"({"version":"1.1.0","template":"all_at_once"})").status, 201U);
  server_.tick();
  EXPECT_EQ(server_.offered({.id = "lamp-1", .config_version = 1}), "1.1.0");
  start();
  EXPECT_EQ(stated("lamp-1"), 1);
}

TEST_F(ConfigurationRolloutTest, GoesOnAfterARestart) {
  start();
  const std::vector<std::string> first = given(2);
  Rollouts again(*server_.store, server_.sightings, 3600);
  again.load(server_.now_s);
  for (const auto& [id, key] : server_.keys) {
    const bool is_first = std::ranges::find(first, id) != first.end();
    EXPECT_EQ(again.book().configuration_of("lamp", id), is_first ? 2U : 0U) << id;
  }
}

TEST_F(ConfigurationRolloutTest, RefusesWhatCannotBe) {
  EXPECT_EQ(problem_of(send("POST", "", R"({"config":9})")), "404 not_found");
  EXPECT_EQ(problem_of(send("POST", "", R"({"config":2,"version":"1.1.0"})")), "422 invalid_field");
  EXPECT_EQ(problem_of(send("POST", "", R"({})")), "422 invalid_field");
}

}  // namespace
}  // namespace otter::server
