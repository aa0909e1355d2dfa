#include "server/experiment_documents.h"

#include <cmath>

#include "server/experiment_json.h"
#include "server/json_body.h"
#include "server/rollout_documents.h"

namespace otter::server {
namespace {

namespace json = boost::json;

const char* name_of(fleet::Finding finding) {
  switch (finding) {
    case fleet::Finding::undecided:
      return "undecided";
    case fleet::Finding::no_difference_found:
      return "no_difference_found";
    case fleet::Finding::better:
      return "better";
    case fleet::Finding::worse:
      return "worse";
  }
  return "undecided";
}

std::string name_in(const fleet::TrialPlan& plan) {
  return plan.id.substr(plan.product.size() + 1);
}

json::value time_or_null(int64_t time_s) {
  return time_s == 0 ? json::value(nullptr) : json::value(time_s);
}

// What is not known has no end: JSON has no word for that.
json::value bound(double value) {
  return std::isfinite(value) ? json::value(value) : json::value(nullptr);
}

json::object interval_json(const fleet::Interval& interval) {
  return {{"low", bound(interval.low)}, {"high", bound(interval.high)}};
}

json::object comparison_json(const fleet::Comparison& comparison) {
  return {{"difference", comparison.difference},
          {"interval", interval_json(comparison.interval)},
          {"p_sequential", comparison.p_sequential},
          {"p_fixed", comparison.p_fixed},
          {"finding", name_of(comparison.finding)}};
}

json::value winner_json(const fleet::TrialRecord& record) {
  if (!record.state.winner.has_value()) return nullptr;
  return json::string(record.plan.arms[*record.state.winner].name);
}

json::object arm_json(const ExperimentView& view, const fleet::TrialResult& result, size_t index) {
  const fleet::TrialArm& arm = view.record.plan.arms[index];
  const fleet::ArmResult& figures = result.arms[index];
  const uint32_t config = fleet::configuration_named(arm.version);
  json::object out = {
      {"name", arm.name},      {"version", text_or_null(config == 0 ? arm.version : "")},
      {"config", nullptr},     {"members", 0},
      {"entered", 0},          {"measured", figures.devices},
      {"value", nullptr},      {"interval", nullptr},
      {"comparison", nullptr}, {"devices", tally_document({})}};
  if (config != 0) out["config"] = config;
  if (figures.devices > 0) out["value"] = figures.value;
  if (figures.devices > 0 && figures.interval) out["interval"] = interval_json(*figures.interval);
  if (index > 0) out["comparison"] = comparison_json(result.comparisons[index - 1]);
  if (index >= view.arms.size()) return out;  // a draft's
  out["members"] = view.arms[index].view.members;
  out["entered"] = view.arms[index].entered;
  out["devices"] = tally_document(view.arms[index].view.all);
  return out;
}

}  // namespace

json::object experiment_document(const ExperimentView& view, int64_t now_s) {
  const fleet::TrialPlan& plan = view.record.plan;
  const fleet::TrialState& state = view.record.state;
  const bool is_over =
      state.phase == fleet::TrialPhase::concluded ||
      (state.phase == fleet::TrialPhase::running && now_s - state.began_s >= plan.time_limit_s);
  const fleet::TrialResult result = result_of(plan, view.figures(), is_over);
  json::array arms;
  for (size_t index = 0; index < plan.arms.size(); ++index) {
    arms.push_back(arm_json(view, result, index));
  }
  return {{"name", name_in(plan)},
          {"product", plan.product},
          {"phase", name(state.phase)},
          {"since", state.since_s},
          {"began", time_or_null(state.began_s)},
          {"cause", name(state.cause)},
          {"detail", text_or_null(state.detail)},
          {"winner", winner_json(view.record)},
          {"rollout", text_or_null(state.rollout)},
          {"created", view.record.created_s},
          {"created_by", text_or_null(view.record.created_by)},
          {"metric", name(plan.metric)},
          {"lower_is_better", is_lower_better(plan.metric)},
          {"arms", std::move(arms)},
          {"plan", experiment_plan_json(plan)}};
}

json::object experiment_event(const fleet::TrialRecord& record) {
  return {{"experiment", name_in(record.plan)}, {"product", record.plan.product},
          {"phase", name(record.state.phase)},  {"cause", name(record.state.cause)},
          {"winner", winner_json(record)},      {"detail", text_or_null(record.state.detail)}};
}

json::object experiment_device_document(const fleet::PartRecord& part, const std::string& arm) {
  json::object out = {{"id", part.device},
                      {"arm", arm},
                      {"entered", time_or_null(part.pair.since_s)},
                      {"end", name(part.part.end)},
                      {"value", nullptr}};
  if (part.pair.is_over) out["value"] = part.pair.value;
  return out;
}

}  // namespace otter::server
