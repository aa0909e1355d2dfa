#include "server/rollout_record.h"

#include <algorithm>
#include <boost/json.hpp>

#include "server/rollout_json.h"
#include "server/store.h"

namespace otter::server {
namespace {

using fleet::RolloutRecord;

boost::json::array health_json(const fleet::HealthSums& health) {
  boost::json::array sums;
  for (const fleet::PairSums& metric : health) {
    sums.push_back(boost::json::array{metric.pairs, metric.sum, metric.sum_of_squares});
  }
  return sums;
}

// A record of an older server has the four alone.
void read_health(const boost::json::array& sums, fleet::HealthSums& health) {
  if (sums.size() < fleet::kHealthMetrics) throw StoreError("evidence is missing");
  for (size_t index = 0; index < std::min(health.size(), sums.size()); ++index) {
    const boost::json::array& metric = sums.at(index).as_array();
    health[index].pairs = metric.at(0).to_number<int64_t>();
    health[index].sum = metric.at(1).to_number<double>();
    health[index].sum_of_squares = metric.at(2).to_number<double>();
  }
}

boost::json::object state_json(const fleet::State& state) {
  return {{"phase", name(state.phase)},   {"before", name(state.before)},
          {"stage", state.stage},         {"bound", state.bound},
          {"since", state.since_s},       {"began", state.began_s},
          {"cause", name(state.cause)},   {"detail", state.detail},
          {"approved", state.is_approved}};
}

// Nothing of what is no arm.
boost::json::value arm_json(const fleet::Arm& arm) {
  if (!arm.exists()) return nullptr;
  return boost::json::object{
      {"experiment", arm.experiment},
      {"name", arm.name},
      {"versions", boost::json::array(arm.versions.begin(), arm.versions.end())},
      {"index", arm.index},
      {"metric", name(arm.metric)},
      {"watch", arm.watch_s}};
}

std::string text_at(const boost::json::object& object, const char* name) {
  return std::string(object.at(name).as_string());
}

void read_arm(const boost::json::object& object, fleet::Arm& arm) {
  for (const boost::json::value& version : object.at("versions").as_array()) {
    arm.versions.emplace_back(version.as_string());
  }
  arm.experiment = text_at(object, "experiment");
  arm.name = text_at(object, "name");
  arm.index = object.at("index").to_number<uint32_t>();
  arm.metric = fleet::metric_named(text_at(object, "metric")).value();
  arm.watch_s = object.at("watch").to_number<int64_t>();
  if (arm.index >= arm.versions.size()) throw StoreError("no such arm");
}

// A word that this program doesn't know stops the rollout.
void read_state(const boost::json::object& object, fleet::State& state) {
  state.phase = fleet::phase_named(text_at(object, "phase")).value_or(fleet::Phase::halted);
  state.before = fleet::phase_named(text_at(object, "before")).value_or(fleet::Phase::halted);
  state.stage = object.at("stage").to_number<uint32_t>();
  state.bound = object.at("bound").to_number<uint64_t>();
  state.since_s = object.at("since").to_number<int64_t>();
  state.began_s = object.at("began").to_number<int64_t>();
  state.cause = fleet::cause_named(text_at(object, "cause")).value_or(fleet::Cause::none);
  state.detail = text_at(object, "detail");
  state.is_approved = object.at("approved").as_bool();
}

}  // namespace

std::string text_of(const RolloutRecord& record) {
  return boost::json::serialize(boost::json::object{{"plan", plan_json(record.plan)},
                                                    {"image_bytes", record.plan.image_bytes},
                                                    {"created_by", record.created_by},
                                                    {"approved_by", record.approved_by},
                                                    {"created", record.created_s},
                                                    {"arm", arm_json(record.plan.arm)},
                                                    {"config_version", record.plan.config_version},
                                                    {"state", state_json(record.state)},
                                                    {"health", health_json(record.health)}});
}

void read_text(const std::string& text, RolloutRecord& record) {
  try {
    const boost::json::value value = boost::json::parse(text);
    const boost::json::object& object = value.as_object();
    fleet::Plan plan = plan_from_json(object.at("plan").as_object());
    plan.id = record.plan.id;
    plan.product = record.plan.product;
    plan.version = record.plan.version;
    plan.image_bytes = object.at("image_bytes").to_number<uint64_t>();
    const boost::json::value* arm = object.if_contains("arm");  // since schema 14
    if (arm != nullptr && arm->is_object()) read_arm(arm->as_object(), plan.arm);
    const boost::json::value* config = object.if_contains("config_version");
    if (config != nullptr) plan.config_version = config->to_number<uint32_t>();
    record.plan = std::move(plan);
    record.created_by = text_at(object, "created_by");
    record.approved_by = text_at(object, "approved_by");
    record.created_s = object.at("created").to_number<int64_t>();
    read_state(object.at("state").as_object(), record.state);
    read_health(object.at("health").as_array(), record.health);
    if (record.state.stage >= record.plan.stages.size()) throw StoreError("no such stage");
  } catch (const std::exception& error) {
    throw StoreError("the rollout " + record.plan.id + " can't be read: " + error.what() +
                     "; `otter doctor` says what else is wrong");
  }
}

}  // namespace otter::server
