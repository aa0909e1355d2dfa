#include "server/rollout_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/problem.h"

namespace otter::server {
namespace {

namespace json = boost::json;

fleet::Plan plan_read_from(const std::string& text) {
  return plan_from_json(json::parse(text).as_object());
}

std::string objection_to(const std::string& text) {
  try {
    plan_read_from(text);
  } catch (const HttpError& error) {
    return error.what();
  }
  return "";
}

// As text, for fleet::Plan has no comparison.
std::string round_trip(const fleet::Plan& plan) {
  return json::serialize(plan_json(plan_from_json(plan_json(plan))));
}

TEST(RolloutJson, IsCarefulWhereNothingIsSaid) {
  const fleet::Plan plan = plan_read_from("{}");
  ASSERT_EQ(plan.stages.size(), 5u);
  EXPECT_EQ(plan.stages[0].share, 100u);
  EXPECT_EQ(plan.stages[0].bake_s, 86400);
  EXPECT_EQ(plan.stages[4].share, fleet::kWhole);
  EXPECT_EQ(plan.gates.health_alpha, 0.01);
  EXPECT_TRUE(plan.takes_late);
}

TEST(RolloutJson, HasOtherTemplates) {
  EXPECT_EQ(plan_read_from(R"({"template":"normal"})").stages.size(), 3u);
  const fleet::Plan plan = plan_read_from(R"({"template":"all_at_once","attempts":5})");
  EXPECT_EQ(plan.stages.size(), 1u);
  EXPECT_EQ(plan.gates.health_alpha, 0);
  EXPECT_EQ(plan.attempts_max, 5u);
}

constexpr const char* kWhole = R"({"id":"r1","product":"lamp","version":"1.2.0",
  "group":"tag:beta", "stages":[{"devices":10,"bake":"36h"},{"share":12.5,"bake":90}],
  "gates":{"sample":20,"failing_max":2.5,"confirmed_min":95,"health_error_rate":0.05,
  "health_window":"12h","metrics":[{"name":"latency_ms","better":"less","allowance":7},
  {"name":"battery_mv","better":"more"}]}, "on_breach":"take_back",
  "start":"2026-12-01T03:30:00+02:00",
  "window":{"from":"22:30","to":"05:00"},"at_once":100,"at_once_site":2,
  "bytes_per_second":1000000,"image_bytes":1048576,"attempts":2,"retry_after":"15m",
  "time_limit":"14d","priority":-3,"takes_late":false,"needs_approval":true})";

TEST(RolloutJson, ReadsEachMember) {
  const fleet::Plan plan = plan_read_from(kWhole);
  EXPECT_EQ(plan.version, "1.2.0");
  EXPECT_EQ(plan.stages.at(0).devices, 10u);
  EXPECT_EQ(plan.stages.at(0).bake_s, 36 * 3600);
  EXPECT_EQ(plan.stages.at(1).share, 1250u);
  EXPECT_EQ(plan.stages.at(1).bake_s, 90);
  EXPECT_EQ(plan.gates.failing_max, 250u);
  EXPECT_EQ(plan.gates.metrics,
            (std::vector<fleet::MetricGate>{{"latency_ms", false, 700}, {"battery_mv", true, 0}}));
  EXPECT_EQ(plan.on_breach, fleet::OnBreach::take_back);
  EXPECT_EQ(plan.start_s, 1796088600);
  EXPECT_EQ(plan.window.from_min, 1350);
  EXPECT_EQ(plan.retry_after_s, 900);
  EXPECT_EQ(plan.time_limit_s, 14 * 86400);
  EXPECT_EQ(plan.priority, -3);
  EXPECT_FALSE(plan.takes_late);
  EXPECT_TRUE(plan.needs_approval);
}

TEST(RolloutJson, WritesWhatItReads) {
  const fleet::Plan plan = plan_read_from(kWhole);
  EXPECT_EQ(round_trip(plan), json::serialize(plan_json(plan)));
  const json::object out = plan_json(plan);
  EXPECT_EQ(out.size(), json::parse(kWhole).as_object().size());
  EXPECT_EQ(out.at("start").as_string(), "2026-12-01T01:30:00Z");
  EXPECT_EQ(out.at("window"), (json::value{{"from", "22:30"}, {"to", "05:00"}}));
  EXPECT_EQ(out.at("stages").as_array()[1].at("share"), 12.5);
  EXPECT_EQ(out.at("time_limit").as_string(), "14d");
  const fleet::Plan careful = plan_read_from("{}");
  EXPECT_EQ(round_trip(careful), json::serialize(plan_json(careful)));
}

TEST(RolloutJson, ReadsStartsAndDurations) {
  EXPECT_EQ(plan_read_from(R"({"start":5})").start_s, 5);
  EXPECT_EQ(plan_read_from(R"({"start":"1970-01-02T00:00:00.25Z"})").start_s, 86400);
  EXPECT_EQ(plan_read_from(R"({"start":"2024-02-29T00:00:00-05:30"})").start_s, 1709184600);
  EXPECT_EQ(plan_read_from(R"({"retry_after":"0s"})").retry_after_s, 0);
  EXPECT_EQ(plan_read_from(R"({"start":null})").start_s, 0);
}

// A plan, and what is said of it.
constexpr std::pair<const char*, const char*> kWrong[] = {
    {R"({"stage":[]})", "\"stage\" is no member of a plan"},
    {R"({"stages":5})", "\"stages\" must be an array of objects"},
    {R"({"stages":[5]})", "\"stages[0]\" must be an object"},
    {R"({"stages":[{"share":1,"hold":1}]})", "\"stages[0].hold\" is no member of a plan"},
    {R"({"stages":[{"share":1.001}]})",
     "\"stages[0].share\" must be a percentage from 0 to 100 with at most two decimals"},
    {R"({"stages":[{"share":"1"}]})", "\"stages[0].share\" must be a percentage from 0 to 100"},
    {R"({"stages":[{"devices":0}]})",
     "\"stages[0].devices\" must be a whole number from 1 to 4294967295"},
    {R"({"stages":[{"share":1,"bake":"1w"}]})",
     "\"stages[0].bake\" must be a duration: 90, \"90s\", \"15m\", \"24h\" or \"7d\""},
    {R"({"stages":[]})", "a rollout needs a stage"},
    {R"({"gates":1})", "\"gates\" must be an object"},
    {R"({"gates":{"failing_max":101}})",
     "\"gates.failing_max\" must be a percentage from 0 to 100 with at most two decimals"},
    {R"({"gates":{"health_error_rate":0.6}})",
     "\"gates.health_error_rate\" must be a chance from 0 to 0.5; 0 switches the gate off"},
    {R"({"gates":{"x":1}})", "\"gates.x\" is no member of a plan"},
    {R"({"gates":{"metrics":{}}})", "\"gates.metrics\" must be an array of objects"},
    {R"({"gates":{"metrics":["latency_ms"]}})", "\"gates.metrics[0]\" must be an object"},
    {R"({"gates":{"metrics":[{"name":"latency_ms"}]}})",
     "\"gates.metrics[0].better\" must be \"more\" or \"less\": which values are the better ones"},
    {R"({"gates":{"metrics":[{"name":"a","better":"less","allowance":101}]}})",
     "\"gates.metrics[0].allowance\" must be a percentage from 0 to 100 with at most two decimals"},
    {R"({"gates":{"metrics":[{"name":"a","better":"less","unit":"ms"}]}})",
     "\"gates.metrics[0].unit\" is no member of a plan"},
    {R"({"gates":{"metrics":[{"name":"Latency","better":"less"}]}})",
     "a gate's metric has a name of 1 to 64 characters of a-z 0-9 _ - ., the first a letter"},
    {R"({"gates":{"metrics":[{"name":"a","better":"less"},{"name":"a","better":"more"}]}})",
     "the metric a has two gates"},
    {R"({"on_breach":"stop"})", "\"on_breach\" must be \"halt\" or \"take_back\""},
    {R"({"window":{"from":"2:00","to":"05:00"}})",
     "\"window.from\" must be a time of day like \"02:00\""},
    {R"({"window":{"from":"02:00"}})", "\"window.to\" must be a time of day like \"02:00\""},
    {R"({"attempts":0})", "\"attempts\" must be a whole number from 1 to 1000"},
    {R"({"takes_late":1})", "\"takes_late\" must be true or false"},
    {R"({"group":1})", "\"group\" must be a text of at most 1024 characters"},
    {R"({"template":"bold"})", "\"template\" must be \"careful\", \"normal\" or \"all_at_once\""},
    {R"({"time_limit":"0s"})", "the time limit must be above 0 s, and at most ten years"},
};

TEST(RolloutJson, SaysWhatIsWrong) {
  for (const auto& [text, expected] : kWrong) EXPECT_EQ(objection_to(text), expected) << text;
}

TEST(RolloutJson, RefusesTimesThatThereAreNot) {
  for (const char* const start :
       {"tomorrow", "2026-12-01", "2026-12-01T02:00:00", "2026-02-30T02:00:00Z",
        "2026-12-01 02:00:00Z", "2026-12-01T24:00:00Z", "2026-12-01T02:00:00.Z",
        "2026-12-01T02:00:00+2:00", "2026-00-01T02:00:00Z", "1969-12-31T00:00:00Z"}) {
    const std::string text = std::string(R"({"start":")") + start + "\"}";
    EXPECT_THAT(objection_to(text), testing::StartsWith("\"start\" must be a time")) << start;
  }
  EXPECT_NE(objection_to(R"({"start":-1})"), "");
}

}  // namespace
}  // namespace otter::server
