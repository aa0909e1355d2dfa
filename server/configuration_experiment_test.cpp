// Experiments whose arms are configurations.
#include <gmock/gmock.h>

#include "server/fleet_fixture.h"

namespace otter::server {
namespace {

constexpr int kLamps = 90;
constexpr char kPlan[] =
    R"({"name":"x","arms":[{"name":"control"},{"config":2},{"config":3}],"metric":"heap",)"
    R"("watch":"1h","devices_min":10})";

// Version 1 is in force, 2 and 3 are kept.
class ConfigurationExperimentTest : public testing::Test {
 protected:
  ConfigurationExperimentTest() {
    server_.keep_configurations(3);
    for (const auto& [id, key] : server_.keys) has_[id] = 1;
  }
  Response send(const std::string& method, const std::string& path, const std::string& body = {}) {
    return server_.admin(method, "/api/v1/products/lamp/experiments" + path, body);
  }
  void start(const std::string& plan = kPlan) {
    const Response response = send("POST", "", plan);
    ASSERT_EQ(response.status, 201U) << response.body;
    server_.tick();
  }
  // Each takes what it is given; with the higher version it has more of its heap left.
  void all_check_in() {
    for (auto& [id, version] : has_) {
      const LampFacts lamp = {.id = id, .heap_bytes = 30'000 * version, .config_version = version};
      version =
          static_cast<uint32_t>(server_.check_in(lamp).at("config_version").to_number<int64_t>());
    }
  }
  std::map<uint32_t, int> counts() const {
    std::map<uint32_t, int> counts;
    for (const auto& [id, version] : has_) ++counts[version];
    return counts;
  }
  void play_to_the_end() {
    all_check_in();
    all_check_in();  // and say that they have it
    server_.tick();
    server_.now_s += 3600;
    all_check_in();
    server_.tick();
  }
  boost::json::object shown() { return json_of(send("GET", "/x")); }
  std::string text(const char* name) { return std::string(shown().at(name).as_string()); }
  boost::json::object arm(size_t index) { return shown().at("arms").at(index).as_object(); }

  LampFleet server_{kLamps};
  std::map<std::string, uint32_t> has_;  // by device: its configuration
};

TEST_F(ConfigurationExperimentTest, DividesDevicesAmongItsArms) {
  start();
  all_check_in();
  const std::map<uint32_t, int> divided = counts();
  for (uint32_t version = 1; version <= 3; ++version) {
    EXPECT_GT(divided.at(version), kLamps / 6) << version;
  }
  const auto first = has_;
  all_check_in();
  EXPECT_EQ(has_, first) << "the same ones again";
}

TEST_F(ConfigurationExperimentTest, MeasuresEachArm) {
  start();
  play_to_the_end();
  EXPECT_EQ(arm(0).at("value").to_number<double>(), 30'000);
  EXPECT_EQ(arm(2).at("value").to_number<double>(), 90'000);
  EXPECT_EQ(arm(0).at("config"), boost::json::value(nullptr));
  EXPECT_EQ(arm(1).at("config"), 2);
  EXPECT_EQ(arm(1).at("version"), boost::json::value(nullptr));
  EXPECT_EQ(arm(1).at("devices").at("confirmed").to_number<int>(), counts().at(2));
}

TEST_F(ConfigurationExperimentTest, EndsWithWhatIsInForce) {
  start();
  play_to_the_end();
  EXPECT_EQ(text("phase"), "concluded");
  EXPECT_EQ(text("winner"), "c");
  all_check_in();
  EXPECT_EQ(counts().at(1), kLamps);
}

TEST_F(ConfigurationExperimentTest, LetsTheWinnerOut) {
  start();
  play_to_the_end();
  const Response response = send("POST", "/x/rollout", R"({"template":"all_at_once"})");
  EXPECT_EQ(response.status, 201U) << response.body;
  EXPECT_EQ(text("rollout"), "config-3");
  server_.tick();
  all_check_in();
  EXPECT_EQ(counts().at(3), kLamps);
}

TEST_F(ConfigurationExperimentTest, CountsWhoTakesItBack) {
  start(R"({"name":"x","arms":[{"config":2},{"config":3}],"watch":"1h","failing_max":20})");
  all_check_in();
  for (const auto& [id, version] : has_) {
    server_.check_in({.id = id,
                      .config_version = version == 2 ? 2U : 1U,
                      .config_failed = version == 3 ? 3U : 0U});
  }
  server_.tick();
  EXPECT_EQ(text("phase"), "stopped");
  EXPECT_THAT(text("detail"), testing::HasSubstr("arm b: "));
}

// They could neither confirm it nor take it back, and would make the other arm look better.
TEST_F(ConfigurationExperimentTest, LetsNobodyConfirmWhatItHasAlready) {
  start(R"({"name":"x","arms":[{"config":1},{"config":2}],"watch":"1h","devices_min":10})");
  all_check_in();
  server_.tick();
  EXPECT_EQ(arm(0).at("entered").to_number<int>() + arm(1).at("entered").to_number<int>(), 0);
  EXPECT_EQ(server_.lines_of("lamp-1").at(0).at("reason").as_string(), "unfit");
}

TEST_F(ConfigurationExperimentTest, IsReadAgainAsItWasWritten) {
  start();
  const fleet::TrialRecord record =
      server_.rollouts.experiments().view_one("lamp/x", server_.now_s)->record;
  const std::vector<fleet::TrialRecord> kept = server_.store->experiments();
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].plan.arms.at(2).version, fleet::configuration_name(3));
  EXPECT_EQ(kept[0].state, record.state);
}

TEST_F(ConfigurationExperimentTest, GoesOnAfterARestart) {
  start();
  all_check_in();
  Rollouts again(*server_.store, server_.sightings, 3600);
  again.load(server_.now_s);
  for (const auto& [id, version] : has_) {
    const uint32_t given = again.book().configuration_of("lamp", id);
    EXPECT_EQ(given == 0 ? 1 : given, version) << id;
  }
}

TEST_F(ConfigurationExperimentTest, RefusesWhatCannotBe) {
  const auto refused = [&](const std::string& arms) {
    return problem_of(send("POST", "", R"({"name":"x","metric":"heap","arms":)" + arms + "}"));
  };
  EXPECT_EQ(refused(R"([{},{"config":9}])"), "404 not_found");
  EXPECT_EQ(refused(R"([{},{"config":0}])"), "422 invalid_field");
  EXPECT_EQ(refused(R"([{},{"config":2,"version":"1.0.0"}])"), "422 invalid_field");
  EXPECT_EQ(refused(R"([{"config":2},{"config":2}])"), "422 invalid_field");
  EXPECT_EQ(refused(R"([{"config":2},{"version":"config 3"}])"), "422 invalid_field");
  EXPECT_EQ(refused(R"([{"config":2},{"version":"config 02"}])"), "404 not_found");
  EXPECT_EQ(refused(R"([{},{"config":1}])"), "422 invalid_field") << "it is in force";
}

}  // namespace
}  // namespace otter::server
