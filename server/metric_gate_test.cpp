// Gates on what the application measures, from the check-in's header to the halt.
#include <gmock/gmock.h>

#include "server/fleet_fixture.h"

namespace otter::server {
namespace {

constexpr int kLamps = 80;
constexpr char kPlan[] = R"({"version":"1.1.0",
  "stages":[{"share":50,"bake":"2h"},{"share":100,"bake":"1h"}],
  "gates":{"health_window":"1h","health_error_rate":0.05,
           "metrics":[{"name":"latency_ms","better":"less","allowance":10}]}})";

// Eighty lamps, and a staged release 1.1.0 that has begun.
class MetricGateTest : public testing::Test {
 protected:
  MetricGateTest() {
    server_.publish("1.1.0", 2);
    all_check_in("latency_ms=40", "latency_ms=40");
    const Response response = server_.admin("POST", kRollouts, kPlan);
    if (response.status != 201) throw std::runtime_error(response.body);
    server_.tick();
  }

  // What lamps that don't run the release say, and those that do.
  void all_check_in(const std::string& old, const std::string& updated) {
    for (const auto& [id, key] : server_.keys) {
      const bool is_updated = updated_.contains(id);
      server_.check_in({.id = id,
                        .version = is_updated ? "1.1.0" : "1.0.0",
                        .sequence = is_updated ? 2U : 1U,
                        .metrics = is_updated ? updated : old});
    }
  }
  // Half of them confirm it, and are watched for its window.
  void play(const std::string& updated) {
    for (const auto& [id, key] : server_.keys) {
      if (server_.offered({.id = id, .metrics = "latency_ms=40"}).empty()) continue;
      EXPECT_EQ(server_.report(id, "1.1.0", "confirmed").status, 200U);
      updated_.insert(id);
    }
    for (const int64_t seconds : {0, 1800, 1800}) {
      server_.tick(seconds);
      all_check_in("latency_ms=40", updated);
    }
    server_.tick();
  }
  boost::json::object shown() { return json_of(server_.admin("GET", kOne)); }
  std::string text(const char* name) { return std::string(shown().at(name).as_string()); }
  boost::json::object evidence(const char* name) {
    return shown().at("health").at("application_metrics").at(name).as_object();
  }

  static constexpr char kRollouts[] = "/api/v1/products/lamp/rollouts";
  static constexpr char kOne[] = "/api/v1/products/lamp/rollouts/1.1.0";
  LampFleet server_{kLamps};
  std::set<std::string> updated_;
};

TEST_F(MetricGateTest, HaltsWhatMakesTheApplicationWorse) {
  play("battery_mv=3700, latency_ms=60");
  EXPECT_EQ(text("phase"), "halted");
  EXPECT_EQ(text("detail"),
            "updated devices do worse than their controls: the application's latency_ms");
  EXPECT_EQ(evidence("latency_ms").at("pairs").as_int64(), kLamps / 2);
  EXPECT_NEAR(evidence("latency_ms").at("mean_difference").to_number<double>(), 16 / 60.0, 1e-9);
}

TEST_F(MetricGateTest, LeavesAloneWhatIsAllowed) {
  play("latency_ms=44");
  EXPECT_EQ(text("phase"), "baking");
  EXPECT_EQ(evidence("latency_ms").at("pairs").as_int64(), kLamps / 2);
  EXPECT_NEAR(evidence("latency_ms").at("mean_difference").to_number<double>(), 0, 1e-9);
}

TEST_F(MetricGateTest, ComparesNothingWhereTheReleaseSaysNothing) {
  play("");
  EXPECT_EQ(text("phase"), "baking");
  EXPECT_EQ(evidence("latency_ms").at("pairs").as_int64(), 0);
}

TEST_F(MetricGateTest, DividesTheErrorRateAmongFive) {
  EXPECT_NEAR(shown().at("health").at("log_evidence_limit").to_number<double>(), std::log(5 / 0.05),
              1e-9);
}

TEST_F(MetricGateTest, KeepsItsEvidenceAcrossARestart) {
  play("latency_ms=44");
  Rollouts again(*server_.store, server_.sightings, 3600);
  again.load(server_.now_s);
  const fleet::Book::View after = *again.book().view_one("lamp/1.1.0", server_.now_s);
  EXPECT_EQ(after.record.health.at(fleet::kHealthMetrics).pairs, kLamps / 2);
  EXPECT_EQ(after.record.plan.gates.metrics.at(0), (fleet::MetricGate{"latency_ms", false, 1000}));
}

TEST_F(MetricGateTest, KeepsTheEvidenceOfAGateThatStays) {
  play("latency_ms=44");
  const auto change = [&](const char* gates) {
    EXPECT_EQ(server_.admin("PATCH", kOne, gates).status, 200U);
  };
  change(R"({"gates":{"failing_max":20}})");
  EXPECT_EQ(evidence("latency_ms").at("pairs").as_int64(), kLamps / 2);
  change(R"({"gates":{"metrics":[{"name":"battery_mv","better":"more"},
                                 {"name":"latency_ms","better":"less","allowance":10}]}})");
  EXPECT_EQ(evidence("latency_ms").at("pairs").as_int64(), kLamps / 2);
  EXPECT_EQ(evidence("battery_mv").at("pairs").as_int64(), 0);
  change(R"({"gates":{"metrics":[{"name":"latency_ms","better":"less","allowance":20}]}})");
  EXPECT_EQ(evidence("latency_ms").at("pairs").as_int64(), 0);
  change(R"({"gates":{"metrics":[]}})");
  EXPECT_TRUE(shown().at("health").at("application_metrics").as_object().empty());
}

}  // namespace
}  // namespace otter::server
