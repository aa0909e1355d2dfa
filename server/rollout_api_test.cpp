#include "server/rollout_api.h"

#include <gmock/gmock.h>

#include "server/fleet_fixture.h"

namespace otter::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kHealthOff[] = R"("gates":{"health_error_rate":0,"sample":2})";

std::string plan_of(const std::string& stages, const std::string& more = kHealthOff) {
  return R"({"version":"1.1.0","stages":)" + stages + "," + more + "}";
}
const std::string kHalfThenAll = plan_of(R"([{"share":50,"bake":"1h"},{"share":100,"bake":"1h"}])");

// A product of ten devices that run 1.0.0, and a staged release 1.1.0.
class RolloutApiTest : public testing::Test {
 protected:
  RolloutApiTest() { server_.publish("1.1.0", 2); }

  Response send(const std::string& method, const std::string& path, const std::string& body = {}) {
    return server_.admin(method, "/api/v1/products/lamp/rollouts" + path, body);
  }
  boost::json::object shown() { return json_of(send("GET", "/1.1.0")); }
  std::string phase() { return std::string(shown().at("phase").as_string()); }
  Response act(const std::string& action) {
    return send("PATCH", "/1.1.0", R"({"action":")" + action + R"(","reason":"smoke"})");
  }
  void tick(int64_t seconds = 0) { server_.tick(seconds); }
  void start(const std::string& plan) {
    ASSERT_EQ(send("POST", "", plan).status, 201U);
    tick();
  }

  // The statement that a device is given; its offer is in `envelope`.
  boost::json::object check_in(const std::string& id, const std::string& version = "1.0.0") {
    return server_.check_in(
        {.id = id, .version = version, .sequence = version == "1.1.0" ? 2U : 1U});
  }
  bool is_offered(const std::string& id) { return !check_in(id).at("offered").is_null(); }
  std::vector<std::string> offered() {
    std::vector<std::string> ids;
    for (const auto& [id, key] : server_.keys) {
      if (is_offered(id)) ids.push_back(id);
    }
    return ids;
  }
  void report(const std::string& id, const std::string& phase) {
    EXPECT_EQ(server_.report(id, "1.1.0", phase).status, 200U);
  }
  std::string reason_for(const std::string& id) {
    return std::string(server_.lines_of(id).at(0).at("reason").as_string());
  }

  LampFleet server_{10};
};

TEST_F(RolloutApiTest, OffersAStagedReleaseToNobodyByItself) {
  EXPECT_TRUE(offered().empty());
  EXPECT_EQ(problem_of(server_.get("/firmware/manifest")), "404 not_found");
}

TEST_F(RolloutApiTest, OffersToAStageAtATime) {
  start(kHalfThenAll);
  const std::vector<std::string> first = offered();
  EXPECT_EQ(first.size(), 5U);
  EXPECT_EQ(offered(), first);  // the same ones again
  for (const std::string& id : first) report(id, "confirmed");
  tick();
  EXPECT_EQ(phase(), "baking");
  tick(3599);
  EXPECT_EQ(shown().at("stage").as_int64(), 1);
  tick(1);
  EXPECT_EQ(shown().at("stage").as_int64(), 2);
  EXPECT_EQ(offered().size(), 10U - 5U);
  EXPECT_THAT(server_.log_lines.str(), HasSubstr("Rollout moved rollout=lamp/1.1.0 phase=filling"));
}

TEST_F(RolloutApiTest, HaltsWhenDevicesFail) {
  start(kHalfThenAll);
  const std::vector<std::string> first = offered();
  report(first[0], "rolled_back");
  report(first[1], "rolled_back");
  tick();
  EXPECT_EQ(phase(), "halted");
  EXPECT_EQ(shown().at("cause").as_string(), "failing");
  EXPECT_THAT(std::string(shown().at("detail").as_string()), HasSubstr("2 of 2"));
  EXPECT_TRUE(offered().empty());
  EXPECT_EQ(reason_for(first[2]), "halted");
}

TEST_F(RolloutApiTest, TakesAReleaseBack) {
  start(kHalfThenAll);
  const std::vector<std::string> first = offered();
  report(first[0], "confirmed");
  EXPECT_EQ(act("take_back").status, 200U);
  EXPECT_EQ(check_in(first[0], "1.1.0").at("command").as_string(), "rollback");
  EXPECT_TRUE(check_in(first[1]).at("command").is_null());
  EXPECT_TRUE(offered().empty());
  tick();
  EXPECT_EQ(phase(), "returning");  // four are at it still, and might come out on it
  for (size_t index = 1; index < first.size(); ++index) report(first[index], "rolled_back");
  tick();
  EXPECT_EQ(phase(), "returned");
}

TEST_F(RolloutApiTest, GoesOnAfterARestart) {
  start(kHalfThenAll);
  const std::vector<std::string> first = offered();
  report(first[0], "confirmed");
  Rollouts again(*server_.store, server_.sightings, 3600);
  again.load(server_.now_s);
  const fleet::Book::View before = *server_.rollouts.book().view_one("lamp/1.1.0", kNow);
  const fleet::Book::View after = *again.book().view_one("lamp/1.1.0", kNow);
  EXPECT_EQ(after.all, before.all);
  EXPECT_EQ(after.all.confirmed, 1U);
  EXPECT_EQ(after.record.state, before.record.state);
}

TEST_F(RolloutApiTest, ExplainsADevice) {
  start(kHalfThenAll);
  const std::vector<std::string> first = offered();
  for (const auto& [id, key] : server_.keys) {
    const bool is_first = std::ranges::find(first, id) != first.end();
    EXPECT_EQ(reason_for(id), is_first ? "offered" : "later_stage") << id;
  }
  EXPECT_EQ(problem_of(server_.admin("GET", "/api/v1/devices/ghost/explanation")), "404 not_found");
}

TEST_F(RolloutApiTest, WaitsForASecondAccount) {
  start(plan_of(R"([{"share":100}])", R"("needs_approval":true,)" + std::string(kHealthOff)));
  EXPECT_EQ(phase(), "waiting");
  EXPECT_EQ(reason_for("lamp-1"), "awaits_approval");
  EXPECT_EQ(problem_of(act("approve")), "403 forbidden");
  server_.add_token("ota_eve", "eve", Role::operator_);
  const Request request =
      request_of("PATCH", "/api/v1/products/lamp/rollouts/1.1.0",
                 {{"Authorization", "Bearer ota_eve"}, {"Content-Type", "application/json"}},
                 R"({"action":"approve"})");
  EXPECT_EQ(server_.send(request).status, 200U);
  tick();
  EXPECT_EQ(phase(), "filling");
  EXPECT_EQ(shown().at("approved_by").as_string(), "eve");
}

// 2025-10-09 08:53 UTC.
TEST_F(RolloutApiTest, KeepsToEachDevicesWindow) {
  server_.admin("PATCH", "/api/v1/devices/lamp-1", R"({"attributes":{"utc_offset_min":-360}})");
  start(plan_of(R"([{"share":100}])",
                R"("window":{"from":"02:00","to":"05:00"},)" + std::string(kHealthOff)));
  EXPECT_THAT(offered(), ElementsAre("lamp-1"));
  EXPECT_EQ(reason_for("lamp-2"), "outside_window");
}

// By an attribute, and by the name of a group that stands for it.
TEST_F(RolloutApiTest, KeepsToItsGroup) {
  server_.admin("PATCH", "/api/v1/devices/lamp-1", R"({"tags":["kitchen"]})");
  server_.admin("PUT", "/api/v1/products/lamp/groups/kitchens", R"({"filter":"tag = kitchen"})");
  start(plan_of(R"([{"share":100}])", R"("group":"kitchens",)" + std::string(kHealthOff)));
  EXPECT_THAT(offered(), ElementsAre("lamp-1"));
  EXPECT_EQ(reason_for("lamp-2"), "not_in_group");
  EXPECT_EQ(shown().at("members").as_int64(), 1);
}

TEST_F(RolloutApiTest, DoesWhatAPersonWants) {
  start(kHalfThenAll);
  EXPECT_EQ(act("pause").status, 200U);
  EXPECT_TRUE(offered().empty());
  EXPECT_EQ(problem_of(act("pause")), "409 wrong_phase");
  EXPECT_EQ(act("resume").status, 200U);
  EXPECT_EQ(offered().size(), 5U);
  EXPECT_EQ(act("advance").status, 200U);
  EXPECT_EQ(offered().size(), 10U);
  EXPECT_EQ(act("halt").status, 200U);
  EXPECT_EQ(shown().at("detail").as_string(), "smoke");
  EXPECT_EQ(act("abort").status, 200U);
  EXPECT_EQ(problem_of(act("resume")), "409 wrong_phase");
}

TEST_F(RolloutApiTest, ChangesGates) {
  start(kHalfThenAll);
  const Response response = send("PATCH", "/1.1.0", R"({"gates":{"failing_max":40}})");
  EXPECT_EQ(response.status, 200U) << response.body;
  const boost::json::object gates = shown().at("plan").at("gates").as_object();
  EXPECT_EQ(gates.at("failing_max").to_number<double>(), 40);
  EXPECT_EQ(gates.at("sample").to_number<int>(), 2);
  EXPECT_EQ(problem_of(send("PATCH", "/1.1.0", R"({"gates":{"failing_max":101}})")),
            "422 invalid_field");
}

TEST_F(RolloutApiTest, RefusesWhatCannotBe) {
  EXPECT_EQ(problem_of(send("POST", "", plan_of("[]"))), "422 invalid_field");
  EXPECT_EQ(problem_of(send("POST", "", R"({"version":"9.9","template":"normal"})")),
            "404 not_found");
  EXPECT_EQ(problem_of(send("GET", "/1.1.0")), "404 not_found");
  EXPECT_EQ(problem_of(act("halt")), "404 not_found");
  server_.change_product({.is_staged = false});
  server_.publish("1.2.0", 3);
  const Response response = send("POST", "", R"({"version":"1.2.0","template":"normal"})");
  EXPECT_EQ(problem_of(response), "422 invalid_field");
  EXPECT_THAT(response.body, HasSubstr("offered to all devices already"));
}

// Nobody could take it in its stages, and all at once when it is approved.
TEST_F(RolloutApiTest, BeginsNoneOfAReleaseThatWaitsForApproval) {
  server_.change_product({.needs_approval = true});
  server_.publish("1.2.0", 3);
  const Response response = send("POST", "", R"({"version":"1.2.0","template":"normal"})");
  EXPECT_EQ(problem_of(response), "422 invalid_field");
  EXPECT_THAT(response.body, HasSubstr("otter approve lamp 1.2.0"));
}

TEST_F(RolloutApiTest, NamesASecondRolloutOfARelease) {
  start(kHalfThenAll);
  start(kHalfThenAll);
  const boost::json::array rollouts = json_of(send("GET", "")).at("rollouts").as_array();
  std::vector<std::string> names;
  for (const boost::json::value& rollout : rollouts) {
    names.emplace_back(rollout.at("name").as_string());
  }
  EXPECT_THAT(names, ElementsAre("1.1.0", "1.1.0.2"));
}

TEST_F(RolloutApiTest, ListsWhatBecameOfEachDevice) {
  start(kHalfThenAll);
  const std::vector<std::string> first = offered();
  report(first[0], "confirmed");
  const boost::json::array devices =
      json_of(send("GET", "/1.1.0/devices?limit=3")).at("devices").as_array();
  ASSERT_EQ(devices.size(), 3U);
  EXPECT_EQ(devices[0].at("id").as_string(), first[0]);
  EXPECT_EQ(devices[0].at("end").as_string(), "confirmed");
  EXPECT_EQ(devices[1].at("end").as_string(), "open");
}

TEST_F(RolloutApiTest, ListsThoseThatEndedInOneWay) {
  start(kHalfThenAll);
  const std::vector<std::string> first = offered();
  report(first.back(), "confirmed");
  const auto ids = [&](const std::string& query) {
    std::vector<std::string> out;
    const boost::json::object page = json_of(send("GET", "/1.1.0/devices?" + query));
    for (const boost::json::value& device : page.at("devices").as_array()) {
      out.emplace_back(device.at("id").as_string());
    }
    return out;
  };
  EXPECT_THAT(ids("end=confirmed&limit=1"), ElementsAre(first.back()));
  EXPECT_EQ(ids("end=open").size(), first.size() - 1);
  EXPECT_TRUE(ids("end=lost").empty());
  EXPECT_EQ(problem_of(send("GET", "/1.1.0/devices?end=never")), "400 bad_query");
}

// Who was offered it, and what it was not told yet, is on disk before the answer is sent.
TEST_F(RolloutApiTest, KeepsWhoHasBegun) {
  start(kHalfThenAll);
  const std::vector<std::string> first = offered();
  std::vector<std::string> kept;
  for (const fleet::PartRecord& part : server_.store->parts("lamp/1.1.0")) {
    kept.push_back(part.device);
  }
  EXPECT_EQ(kept, first);
}

}  // namespace
}  // namespace otter::server
