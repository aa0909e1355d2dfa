#include "server/rollout_json.h"

#include "server/plan_members.h"
#include "server/problem.h"

namespace otter::server {
namespace {

namespace json = boost::json;

constexpr int64_t kHour = 3600, kDay = 86400;  // [s]
constexpr int64_t kBytesMax = int64_t{1} << 40;

// What a plan is that says nothing else.
fleet::Plan template_of(PlanMembers& members) {
  std::string name = "careful";
  members.read("template", name);
  fleet::Plan plan;
  if (name == "careful") {
    for (const uint32_t share : {100u, 500u, 2000u, 5000u, fleet::kWhole}) {
      plan.stages.push_back({share, 0, kDay});
    }
  } else if (name == "normal") {
    for (const uint32_t share : {1000u, 5000u, fleet::kWhole}) {
      plan.stages.push_back({share, 0, kDay});
    }
  } else if (name == "all_at_once") {
    plan.stages.push_back({fleet::kWhole, 0, kHour});
    plan.gates.health_alpha = 0;
  } else {
    refuse_member("template", "\"careful\", \"normal\" or \"all_at_once\"");
  }
  return plan;
}

void read_stages(PlanMembers& members, std::vector<fleet::Stage>& stages) {
  auto objects = members.objects("stages");
  if (!objects.has_value()) return;
  stages.clear();
  for (PlanMembers& stage : *objects) {
    fleet::Stage read;
    read.bake_s = kDay;
    stage.read_share("share", read.share);
    stage.read_whole("devices", read.devices, 1, UINT32_MAX);
    stage.read_duration("bake", read.bake_s);
    stage.refuse_others();
    stages.push_back(read);
  }
}

constexpr const char* better_word(bool is_more_better) { return is_more_better ? "more" : "less"; }

void read_metrics(PlanMembers& members, std::vector<fleet::MetricGate>& gates) {
  auto objects = members.objects("metrics");
  if (!objects.has_value()) return;
  gates.clear();
  for (PlanMembers& gate : *objects) {
    fleet::MetricGate read;
    std::string better;
    gate.read("name", read.name);
    gate.read("better", better);
    read.is_more_better = better == better_word(true);
    if (better != better_word(read.is_more_better)) {
      refuse_member(gate.name_of("better"),
                    "\"more\" or \"less\": which values are the better ones");
    }
    gate.read_share("allowance", read.allowance);
    gate.refuse_others();
    gates.push_back(std::move(read));
  }
}

void read_gates(PlanMembers& members, fleet::Gates& gates) {
  const json::object* object = members.object("gates");
  if (object == nullptr) return;
  PlanMembers read(*object, "gates.");
  read.read_whole("sample", gates.sample, 1, 1'000'000);
  read.read_share("failing_max", gates.failing_max);
  read.read_share("confirmed_min", gates.confirmed_min);
  const char* const expected = "a chance from 0 to 0.5; 0 switches the gate off";
  const std::optional<double> rate = read.number("health_error_rate", expected);
  if (rate.has_value() && !(*rate >= 0 && *rate <= 0.5)) {
    refuse_member(read.name_of("health_error_rate"), expected);
  }
  gates.health_alpha = rate.value_or(gates.health_alpha);
  read.read_duration("health_window", gates.health_window_s);
  read_metrics(read, gates.metrics);
  read.refuse_others();
}

void read_start(PlanMembers& members, int64_t& start_s) {
  const json::value* value = members.find("start");
  if (value == nullptr) return;
  const std::optional<int64_t> read =
      value->is_string() ? time_of(value->as_string()) : whole_number(*value);
  if (!read.has_value() || *read < 0) {
    refuse_member("start", "a time like \"2026-12-01T02:00:00Z\", or in seconds since 1970");
  }
  start_s = *read;
}

void read_on_breach(PlanMembers& members, fleet::OnBreach& on_breach) {
  std::string text = on_breach == fleet::OnBreach::halt ? "halt" : "take_back";
  members.read("on_breach", text);
  if (text != "halt" && text != "take_back")
    refuse_member("on_breach", "\"halt\" or \"take_back\"");
  on_breach = text == "halt" ? fleet::OnBreach::halt : fleet::OnBreach::take_back;
}

json::array stages_json(const std::vector<fleet::Stage>& stages) {
  json::array out;
  for (const fleet::Stage& stage : stages) {
    json::object one;
    if (stage.share != 0) one["share"] = share_json(stage.share);
    if (stage.devices != 0) one["devices"] = stage.devices;
    one["bake"] = duration_text(stage.bake_s);
    out.push_back(std::move(one));
  }
  return out;
}

json::array metrics_json(const std::vector<fleet::MetricGate>& gates) {
  json::array out;
  for (const fleet::MetricGate& gate : gates) {
    out.push_back({{"name", gate.name},
                   {"better", better_word(gate.is_more_better)},
                   {"allowance", share_json(gate.allowance)}});
  }
  return out;
}

}  // namespace

fleet::Plan plan_from_json(const boost::json::object& object) {
  PlanMembers members(object, "");
  fleet::Plan plan = template_of(members);
  members.read("id", plan.id);
  members.read("product", plan.product);
  members.read("version", plan.version);
  members.read("group", plan.group);
  read_stages(members, plan.stages);
  read_gates(members, plan.gates);
  read_on_breach(members, plan.on_breach);
  read_start(members, plan.start_s);
  members.read_window("window", plan.window);
  members.read_whole("at_once", plan.at_once_max, 0, UINT32_MAX);
  members.read_whole("at_once_site", plan.at_once_site_max, 0, UINT32_MAX);
  members.read_whole("bytes_per_second", plan.bytes_per_s_max, 0, kBytesMax);
  members.read_whole("image_bytes", plan.image_bytes, 0, kBytesMax);
  members.read_whole("attempts", plan.attempts_max, 1, 1000);
  members.read_duration("retry_after", plan.retry_after_s);
  members.read_duration("time_limit", plan.time_limit_s);
  members.read_whole("priority", plan.priority, -1000, 1000);
  members.read("takes_late", plan.takes_late);
  members.read("needs_approval", plan.needs_approval);
  members.refuse_others();
  if (const auto found = objection_to(plan)) throw HttpError(Problem::invalid_field, *found);
  return plan;
}

boost::json::object plan_json(const fleet::Plan& plan) {
  json::object out;
  if (!plan.id.empty()) out["id"] = plan.id;
  if (!plan.product.empty()) out["product"] = plan.product;
  if (!plan.version.empty()) out["version"] = plan.version;
  out["group"] = plan.group;
  out["stages"] = stages_json(plan.stages);
  out["gates"] = {{"sample", plan.gates.sample},
                  {"failing_max", share_json(plan.gates.failing_max)},
                  {"confirmed_min", share_json(plan.gates.confirmed_min)},
                  {"health_error_rate", number_json(plan.gates.health_alpha)},
                  {"health_window", duration_text(plan.gates.health_window_s)}};
  if (!plan.gates.metrics.empty()) {  // an older server refuses a record that has the member
    out["gates"].as_object()["metrics"] = metrics_json(plan.gates.metrics);
  }
  out["on_breach"] = plan.on_breach == fleet::OnBreach::halt ? "halt" : "take_back";
  if (plan.start_s != 0) out["start"] = time_text(plan.start_s);
  if (plan.window.from_min != plan.window.to_min) {
    out["window"] = window_json(plan.window);
  }
  out["at_once"] = plan.at_once_max;
  out["at_once_site"] = plan.at_once_site_max;
  out["bytes_per_second"] = plan.bytes_per_s_max;
  if (plan.image_bytes != 0) out["image_bytes"] = plan.image_bytes;
  out["attempts"] = plan.attempts_max;
  out["retry_after"] = duration_text(plan.retry_after_s);
  out["time_limit"] = duration_text(plan.time_limit_s);
  out["priority"] = plan.priority;
  out["takes_late"] = plan.takes_late;
  out["needs_approval"] = plan.needs_approval;
  return out;
}

}  // namespace otter::server
