#include "server/experiment_api.h"

#include <gmock/gmock.h>

#include "server/fleet_fixture.h"

namespace otter::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int kLamps = 60;
constexpr char kTwoReleases[] =
    R"({"name":"x","arms":[{"version":"1.1.0"},{"version":"1.2.0"}],"metric":"confirmed",)"
    R"("watch":"1h","devices_min":10,"failing_max":100})";
constexpr char kControlled[] =
    R"({"name":"x","arms":[{"name":"control"},{"version":"1.1.0"}],"metric":"heap","watch":"1h"})";

// A product of sixty devices that run 1.0.0, and staged releases 1.1.0 and 1.2.0.
class ExperimentApiTest : public testing::Test {
 protected:
  ExperimentApiTest() {
    server_.publish("1.1.0", 2);
    server_.publish("1.2.0", 3);
  }
  Response send(const std::string& method, const std::string& path, const std::string& body = {}) {
    return server_.admin(method, "/api/v1/products/lamp/experiments" + path, body);
  }
  boost::json::object shown() { return json_of(send("GET", "/x")); }
  std::string text(const char* name) {
    const boost::json::value value = shown().at(name);
    return value.is_null() ? "" : std::string(value.as_string());
  }
  void tick(int64_t seconds = 0) { server_.tick(seconds); }
  void start(const std::string& plan) {
    const Response response = send("POST", "", plan);
    ASSERT_EQ(response.status, 201U) << response.body;
    tick();
  }
  // The version that the device is offered; empty: none.
  std::string check_in(const std::string& id, const std::string& version = "1.0.0") {
    return server_.offered({.id = id,
                            .version = version,
                            .sequence = version == "1.0.0"   ? 1U
                                        : version == "1.1.0" ? 2U
                                                             : 3U,
                            .heap_bytes = version == "1.0.0" ? 50'000U : 90'000U});
  }
  std::map<std::string, std::string> all_check_in() {
    std::map<std::string, std::string> offered;
    for (const auto& [id, key] : server_.keys) offered[id] = check_in(id);
    return offered;
  }
  void report(const std::string& id, const std::string& version, const std::string& phase) {
    EXPECT_EQ(server_.report(id, version, phase).status, 200U);
  }
  // All are offered their release: those of 1.1.0 confirm it, those of 1.2.0 roll back.
  void play_to_the_end() {
    for (const auto& [id, version] : all_check_in()) {
      report(id, version, version == "1.1.0" ? "confirmed" : "rolled_back");
    }
    tick();
    tick(3600);
  }
  boost::json::object arm(size_t index) { return shown().at("arms").at(index).as_object(); }

  LampFleet server_{kLamps};
};

TEST_F(ExperimentApiTest, DividesDevicesAmongItsArms) {
  start(kTwoReleases);
  std::map<std::string, int> counts;
  const std::map<std::string, std::string> offered = all_check_in();
  for (const auto& [id, version] : offered) ++counts[version];
  EXPECT_EQ(counts["1.1.0"] + counts["1.2.0"], kLamps);
  EXPECT_GT(counts["1.1.0"], kLamps / 4);
  EXPECT_GT(counts["1.2.0"], kLamps / 4);
  EXPECT_EQ(all_check_in(), offered);  // the same ones again
}

TEST_F(ExperimentApiTest, ConcludesWhenAnArmWins) {
  start(kTwoReleases);
  play_to_the_end();
  EXPECT_EQ(text("phase"), "concluded");
  EXPECT_EQ(text("cause"), "finding");
  EXPECT_EQ(text("winner"), "a");
  EXPECT_EQ(arm(0).at("value").to_number<double>(), 1);
  EXPECT_EQ(arm(1).at("value").to_number<double>(), 0);
  const boost::json::object comparison = arm(1).at("comparison").as_object();
  EXPECT_EQ(comparison.at("finding").as_string(), "worse");
  EXPECT_LT(comparison.at("p_sequential").to_number<double>(), 0.05);
  EXPECT_LT(comparison.at("interval").at("high").to_number<double>(), -0.5);
  EXPECT_THAT(server_.log_lines.str(), HasSubstr("Experiment moved experiment=lamp/x"));
}

TEST_F(ExperimentApiTest, StandsStillOnceItIsConcluded) {
  start(kTwoReleases);
  play_to_the_end();
  boost::json::object before = shown();
  tick(100);
  for (const auto& [id, version] : all_check_in()) EXPECT_EQ(version, "") << id;
  tick(3600);
  EXPECT_EQ(shown(), before);
  EXPECT_EQ(problem_of(send("PATCH", "/x", R"({"action":"stop"})")), "409 wrong_phase");
}

TEST_F(ExperimentApiTest, LetsTheWinnerOut) {
  start(kTwoReleases);
  play_to_the_end();
  const Response response = send("POST", "/x/rollout", R"({"template":"all_at_once"})");
  EXPECT_EQ(response.status, 201U) << response.body;
  EXPECT_EQ(text("rollout"), "1.1.0");
  tick();
  size_t offered = 0;
  for (const auto& [id, version] : all_check_in()) offered += version == "1.1.0" ? 1 : 0;
  EXPECT_GT(offered, 10U);
  EXPECT_EQ(problem_of(send("POST", "/x/rollout", "{}")), "409 wrong_phase");
}

TEST_F(ExperimentApiTest, LetsAPersonsWinnerOutAtOnce) {
  start(kControlled);
  EXPECT_EQ(problem_of(send("POST", "/x/rollout", "{}")), "409 wrong_phase");
  EXPECT_EQ(problem_of(send("POST", "/x/rollout", R"({"winner":"z"})")), "422 invalid_field");
  EXPECT_EQ(problem_of(send("POST", "/x/rollout", R"({"winner":"control"})")), "409 wrong_phase");
  EXPECT_EQ(text("phase"), "running");
  EXPECT_EQ(send("POST", "/x/rollout", R"({"winner":"b"})").status, 201U);
  EXPECT_EQ(text("phase"), "concluded");
  EXPECT_EQ(text("cause"), "person");
}

TEST_F(ExperimentApiTest, ComparesWithDevicesThatKeepWhatTheyRun) {
  start(kControlled);
  const std::map<std::string, std::string> offered = all_check_in();
  for (const auto& [id, version] : offered) {
    if (!version.empty()) report(id, version, "confirmed");
  }
  tick();
  server_.now_s += 3600;
  for (const auto& [id, version] : offered) check_in(id, version.empty() ? "1.0.0" : version);
  tick();
  EXPECT_EQ(arm(0).at("value").to_number<double>(), 50'000);
  EXPECT_EQ(arm(1).at("value").to_number<double>(), 90'000);
  EXPECT_EQ(arm(0).at("version"), boost::json::value(nullptr));
}

TEST_F(ExperimentApiTest, GoesOnAfterARestart) {
  start(kTwoReleases);
  const std::map<std::string, std::string> offered = all_check_in();
  for (const auto& [id, version] : offered) report(id, version, "confirmed");
  tick();
  Rollouts again(*server_.store, server_.sightings, 3600);
  again.load(server_.now_s);
  const ExperimentView before = *server_.rollouts.experiments().view_one("lamp/x", server_.now_s);
  const ExperimentView after = *again.experiments().view_one("lamp/x", server_.now_s);
  EXPECT_EQ(after.record.state, before.record.state);
  ASSERT_THAT(after.arms, SizeIs(2));
  for (size_t index = 0; index < 2; ++index) {
    EXPECT_EQ(after.arms[index].entered, before.arms[index].entered);
    EXPECT_EQ(after.arms[index].view.all, before.arms[index].view.all);
  }
  again.tick({server_.log, server_.backend.events}, server_.now_s + 3600);
  EXPECT_EQ(again.experiments().view_one("lamp/x", server_.now_s)->arms[0].values.size(),
            after.arms[0].entered);
}

TEST_F(ExperimentApiTest, ExplainsADevice) {
  start(kControlled);
  const std::map<std::string, std::string> offered = all_check_in();
  for (const auto& [id, version] : offered) {
    const boost::json::array lines = server_.lines_of(id);
    ASSERT_THAT(lines, SizeIs(1));
    EXPECT_EQ(lines[0].at("experiment").as_string(), "lamp/x");
    EXPECT_EQ(lines[0].at("reason").as_string(), version.empty() ? "control" : "offered");
    EXPECT_EQ(lines[0].at("arm").as_string(), version.empty() ? "control" : "b");
  }
}

TEST_F(ExperimentApiTest, BeginsADraftWhenItIsTold) {
  std::string draft = kTwoReleases;
  draft.insert(1, R"("draft":true,)");
  start(draft);
  EXPECT_EQ(text("phase"), "draft");
  EXPECT_EQ(check_in("lamp-1"), "");
  EXPECT_EQ(send("PATCH", "/x", R"({"action":"start"})").status, 200U);
  tick();
  EXPECT_NE(check_in("lamp-1"), "");
  EXPECT_EQ(problem_of(send("PATCH", "/x", R"({"action":"start"})")), "409 wrong_phase");
}

TEST_F(ExperimentApiTest, StopsAndTakesBack) {
  start(kTwoReleases);
  const std::string version = check_in("lamp-1");
  report("lamp-1", version, "confirmed");
  const Response response =
      send("PATCH", "/x", R"({"action":"stop","take_back":true,"reason":"smoke"})");
  EXPECT_EQ(response.status, 200U) << response.body;
  EXPECT_EQ(text("detail"), "smoke");
  EXPECT_EQ(check_in("lamp-2"), "");
  const std::string before = server_.log_lines.str();
  check_in("lamp-1", version);
  EXPECT_THAT(server_.log_lines.str().substr(before.size()), HasSubstr("told to go back"));
}

TEST_F(ExperimentApiTest, StopsByItselfWhenAnArmFails) {
  std::string plan = kTwoReleases;
  plan.replace(plan.find("\"failing_max\":100"), 17, "\"failing_max\":20");
  start(plan);
  play_to_the_end();
  EXPECT_EQ(text("phase"), "stopped");
  EXPECT_THAT(text("detail"), HasSubstr("arm b: "));
}

TEST_F(ExperimentApiTest, ListsExperimentsAndTheirDevices) {
  start(kTwoReleases);
  all_check_in();
  tick();
  EXPECT_THAT(json_of(send("GET", "")).at("experiments").as_array(), SizeIs(1));
  const boost::json::array devices =
      json_of(send("GET", "/x/devices?limit=5")).at("devices").as_array();
  ASSERT_THAT(devices, SizeIs(5));
  EXPECT_EQ(devices[0].at("id").as_string(), "lamp-0");
  EXPECT_EQ(devices[0].at("entered").as_int64(), kNow);
  EXPECT_EQ(devices[0].at("end").as_string(), "open");
  EXPECT_TRUE(devices[0].at("value").is_null());
}

TEST_F(ExperimentApiTest, ChoosesDevicesByArmAndEnd) {
  start(kTwoReleases);
  all_check_in();
  tick();
  report("lamp-0", check_in("lamp-0"), "confirmed");
  const auto count = [&](const std::string& query) {
    return json_of(send("GET", "/x/devices?" + query)).at("devices").as_array().size();
  };
  EXPECT_EQ(count("arm=a") + count("arm=b"), kLamps);
  EXPECT_GT(count("arm=a"), 0U);
  EXPECT_LT(count("arm=a"), kLamps);
  EXPECT_EQ(count("end=confirmed"), 1U);
  EXPECT_EQ(count("measured=true"), 0U);
  tick(3600);
  tick();
  EXPECT_EQ(count("measured=true"), kLamps);
  EXPECT_EQ(problem_of(send("GET", "/x/devices?arm=c")), "400 bad_query");
  EXPECT_EQ(problem_of(send("GET", "/x/devices?end=c")), "400 bad_query");
  EXPECT_EQ(problem_of(send("GET", "/x/devices?measured=c")), "400 bad_query");
}

TEST_F(ExperimentApiTest, HidesItsArmsAmongRollouts) {
  start(kTwoReleases);
  const auto rollouts = [&](const std::string& method, const std::string& path) {
    return server_.admin(method, "/api/v1/products/lamp/rollouts" + path, "{}");
  };
  EXPECT_THAT(json_of(rollouts("GET", "")).at("rollouts").as_array(), IsEmpty());
  EXPECT_EQ(problem_of(rollouts("GET", "/x%23a")), "404 not_found");
  EXPECT_EQ(problem_of(rollouts("PATCH", "/x%23a")), "404 not_found");
}

TEST_F(ExperimentApiTest, RefusesWhatCannotBe) {
  EXPECT_EQ(problem_of(send("POST", "", R"({"name":"x","arms":[]})")), "422 invalid_field");
  EXPECT_EQ(problem_of(send("POST", "",
                            R"({"name":"x","arms":[{"version":"9.9"},{}],)"
                            R"("metric":"heap"})")),
            "404 not_found");
  EXPECT_EQ(problem_of(send("POST", "", R"({"name":"a b","arms":[]})")), "422 invalid_field");
  EXPECT_EQ(problem_of(send("POST", "", R"({"name":"x","arm":[]})")), "422 invalid_field");
  EXPECT_EQ(problem_of(send("GET", "/x")), "404 not_found");
  EXPECT_EQ(problem_of(send("PATCH", "/x", R"({"action":"stop"})")), "404 not_found");
  start(kTwoReleases);
  EXPECT_EQ(problem_of(send("POST", "", kTwoReleases)), "409 exists");
  EXPECT_EQ(problem_of(send("PATCH", "/x", R"({"action":"explode"})")), "422 invalid_field");
  EXPECT_EQ(problem_of(send("PATCH", "/x", R"({"action":"conclude","winner":"z"})")),
            "422 invalid_field");
}

TEST_F(ExperimentApiTest, WritesDownWhoChangedWhat) {
  start(kTwoReleases);
  send("PATCH", "/x", R"({"action":"conclude","winner":"b","reason":"I know"})");
  std::vector<std::string> actions;
  for (const AuditEntry& entry : server_.store->audit_entries({})) {
    const boost::json::object line = boost::json::parse(entry.line).as_object();
    const std::string action(line.at("action").as_string());
    if (action.starts_with("Experiment")) actions.push_back(action);
  }
  EXPECT_THAT(actions, ElementsAre("Experiment started", "Experiment concluded"));
}

}  // namespace
}  // namespace otter::server
