#include "server/experiment_json.h"

#include "ota/wire/version.h"
#include "server/plan_members.h"
#include "server/problem.h"
#include "server/store.h"

namespace otter::server {
namespace {

namespace json = boost::json;

// "a", "b", ...: what an arm is called that has no name.
std::string default_name(size_t index) { return {static_cast<char>('a' + index)}; }

void read_arms(PlanMembers& members, std::vector<fleet::TrialArm>& arms) {
  auto objects = members.objects("arms");
  if (!objects.has_value()) return;
  for (PlanMembers& object : *objects) {
    fleet::TrialArm arm;
    arm.name = default_name(arms.size());
    object.read("name", arm.name);
    object.read("version", arm.version);
    uint32_t config = 0;
    object.read_whole("config", config, 1, UINT32_MAX);
    object.read_whole("image_bytes", arm.image_bytes, 0, INT64_MAX);
    object.refuse_others();
    if (!is_identifier(arm.name)) refuse_member(object.name_of("name"), "an id");
    if (config != 0 && !arm.version.empty()) {
      refuse_member(object.name_of("config"),
                    "missing where there is a version, or the other way round");
    }
    if (fleet::configuration_named(arm.version) != 0) {
      refuse_member(object.name_of("version"), "a release's; a configuration is stated as config");
    }
    if (config != 0) arm.version = fleet::configuration_name(config);
    arms.push_back(std::move(arm));
    if (arms.size() > fleet::kArmsMax) refuse_member("arms", "an array of 2 to 8 objects");
  }
}

void read_metric(PlanMembers& members, fleet::Metric& metric) {
  std::string text = name(metric);
  members.read("metric", text);
  const std::optional<fleet::Metric> named = fleet::metric_named(text);
  if (!named.has_value()) {
    refuse_member("metric", "\"confirmed\", \"any_reset\", \"resets\", \"heap\" or \"signal\"");
  }
  metric = *named;
}

json::array arms_json(const std::vector<fleet::TrialArm>& arms) {
  json::array out;
  for (const fleet::TrialArm& arm : arms) {
    json::object one = {{"name", arm.name}, {"version", nullptr}};
    if (const uint32_t config = fleet::configuration_named(arm.version); config != 0) {
      one["config"] = config;
    } else if (!arm.version.empty()) {
      one["version"] = arm.version;
    }
    if (arm.image_bytes != 0) one["image_bytes"] = arm.image_bytes;
    out.push_back(std::move(one));
  }
  return out;
}

json::object state_json(const fleet::TrialState& state) {
  json::object out = {{"phase", name(state.phase)}, {"since", state.since_s},
                      {"began", state.began_s},     {"cause", name(state.cause)},
                      {"detail", state.detail},     {"winner", nullptr},
                      {"rollout", state.rollout}};
  if (state.winner.has_value()) out["winner"] = *state.winner;
  return out;
}

std::string text_at(const json::object& object, const char* name) {
  return std::string(object.at(name).as_string());
}

// A word that this program doesn't know stops the experiment.
fleet::TrialState state_from_json(const json::object& object) {
  fleet::TrialState state;
  state.phase =
      fleet::trial_phase_named(text_at(object, "phase")).value_or(fleet::TrialPhase::stopped);
  state.since_s = object.at("since").to_number<int64_t>();
  state.began_s = object.at("began").to_number<int64_t>();
  state.cause =
      fleet::trial_cause_named(text_at(object, "cause")).value_or(fleet::TrialCause::none);
  state.detail = text_at(object, "detail");
  const json::value& winner = object.at("winner");
  if (!winner.is_null()) state.winner = winner.to_number<size_t>();
  state.rollout = text_at(object, "rollout");
  return state;
}

}  // namespace

fleet::TrialPlan experiment_plan_from_json(const json::object& object) {
  PlanMembers members(object, "");
  fleet::TrialPlan plan;
  read_arms(members, plan.arms);
  members.read("group", plan.group);
  members.read_share("share", plan.share);
  read_metric(members, plan.metric);
  const char* const expected = "a chance above 0 and at most 0.5";
  plan.alpha = members.number("error_rate", expected).value_or(plan.alpha);
  members.read_whole("devices_min", plan.devices_min, 2, 1'000'000);
  members.read_whole("devices", plan.devices_planned, 0, 10'000'000);
  members.read_duration("watch", plan.watch_s);
  members.read_duration("time_limit", plan.time_limit_s);
  members.read_share("failing_max", plan.failing_max);
  members.read_window("window", plan.window);
  members.read_whole("priority", plan.priority, -1000, 1000);
  members.refuse_others();
  if (const auto found = objection_to(plan)) throw HttpError(Problem::invalid_field, *found);
  return plan;
}

json::object experiment_plan_json(const fleet::TrialPlan& plan) {
  json::object out = {{"arms", arms_json(plan.arms)},
                      {"group", plan.group},
                      {"share", share_json(plan.share)},
                      {"metric", name(plan.metric)},
                      {"error_rate", number_json(plan.alpha)},
                      {"devices_min", plan.devices_min},
                      {"devices", plan.devices_planned},
                      {"watch", duration_text(plan.watch_s)},
                      {"time_limit", duration_text(plan.time_limit_s)},
                      {"failing_max", share_json(plan.failing_max)}};
  if (plan.window.from_min != plan.window.to_min) out["window"] = window_json(plan.window);
  out["priority"] = plan.priority;
  return out;
}

std::string text_of(const fleet::TrialRecord& record) {
  return json::serialize(json::object{{"plan", experiment_plan_json(record.plan)},
                                      {"created_by", record.created_by},
                                      {"created", record.created_s},
                                      {"state", state_json(record.state)}});
}

void read_text(const std::string& text, fleet::TrialRecord& record) {
  try {
    const json::value value = json::parse(text);
    const json::object& object = value.as_object();
    fleet::TrialPlan plan = experiment_plan_from_json(object.at("plan").as_object());
    plan.id = record.plan.id;
    plan.product = record.plan.product;
    record.plan = std::move(plan);
    record.created_by = text_at(object, "created_by");
    record.created_s = object.at("created").to_number<int64_t>();
    record.state = state_from_json(object.at("state").as_object());
    if (record.state.winner.value_or(0) >= record.plan.arms.size()) throw StoreError("no such arm");
  } catch (const std::exception& error) {
    throw StoreError("the experiment " + record.plan.id + " can't be read: " + error.what() +
                     "; `otter doctor` says what else is wrong");
  }
}

}  // namespace otter::server
