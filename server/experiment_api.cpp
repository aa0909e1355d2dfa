#include "server/experiment_api.h"

#include <algorithm>

#include "server/experiment_documents.h"
#include "server/experiment_json.h"
#include "server/json_body.h"
#include "server/known_product.h"
#include "server/part_choice.h"
#include "server/problem.h"
#include "server/query.h"
#include "server/rollout_start.h"
#include "server/rollouts.h"

namespace otter::server {
namespace {

using fleet::TrialPhase;
using fleet::TrialRecord;

constexpr size_t kActionSizeMax = 16;
constexpr size_t kReasonSizeMax = 256;

std::string id_of(const Call& call) {
  return call.target.segments.at(3) + "/" + call.target.segments.at(5);
}

Experiments& experiments_of(const Call& call) { return call.backend.rollouts.experiments(); }

ExperimentView named_experiment(const Call& call) {
  std::optional<ExperimentView> view = experiments_of(call).view_one(id_of(call), call.now_s);
  if (!view.has_value()) throw HttpError(Problem::not_found, "there is no such experiment");
  return std::move(*view);
}

// Keeps both with the handler's change, and acts on them once that is durable.
void keep(const Call& call, const TrialRecord& record,
          const std::vector<fleet::RolloutRecord>& arms) {
  Store& store = call.backend.store;
  const bool is_kept =
      store.put_experiment(record) &&
      std::ranges::all_of(arms, [&](const auto& arm) { return store.put_rollout(arm); });
  if (!is_kept) {
    throw HttpError(Problem::busy, "the experiment moved in this moment; look at it and try again");
  }
  call.afterwards.emplace_back([&rollouts = call.backend.rollouts, record, arms] {
    for (const fleet::RolloutRecord& arm : arms) rollouts.book().adopt(arm);
    rollouts.experiments().adopt(record);
  });
  call.events.push_back({"experiment", record.plan.product, experiment_event(record)});
}

// As it is after the change; its figures are from before it.
boost::json::object answer_for(const Call& call, const std::string& action, ExperimentView view,
                               const TrialRecord& record) {
  const bool is_new = record.revision == 1;
  const boost::json::value before =
      is_new ? boost::json::value(nullptr) : experiment_document(view, call.now_s);
  view.record = record;
  boost::json::object after = experiment_document(view, call.now_s);
  call.change = {action, record.plan.id, before, after};
  call.backend.log.info(action, {{"experiment", record.plan.id}, {"remote", call.request.remote}});
  return after;
}

// What goes out to the arm's devices.
//
// REQUIRES: it doesn't keep what they run
Payload payload_of(const Call& call, const std::string& product, const fleet::TrialArm& arm) {
  const uint32_t config = fleet::configuration_named(arm.version);
  return config != 0 ? configuration_payload(call, product, config)
                     : release_payload(call, product, arm.version);
}

// Checks what its arms carry anew: a draft may be older than the state of that.
void note_payloads(const Call& call, fleet::TrialPlan& plan) {
  for (fleet::TrialArm& arm : plan.arms) {
    if (!arm.version.empty()) arm.image_bytes = payload_of(call, plan.product, arm).bytes;
  }
  const uint32_t in_force = known_product(call, plan.product).config_version;
  const auto carries = [&plan](const std::string& version) {
    return std::ranges::find(plan.arms, version, &fleet::TrialArm::version) != plan.arms.end();
  };
  if (in_force != 0 && carries("") && carries(fleet::configuration_name(in_force))) {
    throw HttpError(Problem::invalid_field,
                    "the configuration " + std::to_string(in_force) +
                        " is in force: devices that keep what they run have it as well");
  }
}

[[noreturn]] void refuse_phase(const TrialRecord& record, const std::string& action) {
  throw HttpError(Problem::wrong_phase, std::string("the experiment is ") +
                                            name(record.state.phase) + ": " + action +
                                            " does nothing now");
}

std::optional<size_t> winner_field(const fleet::TrialPlan& plan, const boost::json::object& body) {
  if (!states(body, "winner")) return std::nullopt;
  const std::string name = identifier_field(body, "winner");
  const auto found = std::ranges::find(plan.arms, name, &fleet::TrialArm::name);
  if (found == plan.arms.end()) {
    throw HttpError(Problem::invalid_field, "\"winner\" must be an arm, " + name + " is none");
  }
  return static_cast<size_t>(found - plan.arms.begin());
}

// The arm that is asked for; empty: all.
//
// Errors: HttpError bad_query
std::string arm_parameter(const Call& call, const fleet::TrialPlan& plan) {
  std::string text = parameter(call, "arm");
  const bool is_arm = std::ranges::find(plan.arms, text, &fleet::TrialArm::name) != plan.arms.end();
  if (text.empty() || is_arm) return text;
  throw HttpError(Problem::bad_query, "there is no arm " + text);
}

struct Changed {
  const char* action = nullptr;
  std::vector<fleet::RolloutRecord> arms;
};

Changed start(const Call& call, TrialRecord& record) {
  note_payloads(call, record.plan);
  record.state = fleet::start(record.state, call.now_s);
  return {"Experiment started", Experiments::arms_of(record, call.now_s)};
}

Changed stop(const Call& call, TrialRecord& record, const boost::json::object& body) {
  const std::string reason = string_field_or_empty(body, "reason", kReasonSizeMax);
  const AtEnd end = flag_field(body, "take_back") ? AtEnd::take_back : AtEnd::keep;
  record.state = fleet::stop(record.state, call.now_s, reason);
  return {"Experiment stopped", experiments_of(call).ended_arms(record.plan.id, end, call.now_s)};
}

Changed conclude(const Call& call, TrialRecord& record, const boost::json::object& body) {
  const std::optional<size_t> winner = winner_field(record.plan, body);
  record.state = fleet::conclude(record.state, call.now_s, winner);
  record.state.detail = string_field_or_empty(body, "reason", kReasonSizeMax);
  return {"Experiment concluded",
          experiments_of(call).ended_arms(record.plan.id, AtEnd::keep, call.now_s)};
}

Changed act(const Call& call, TrialRecord& record, const boost::json::object& body) {
  const std::string action = string_field(body, "action", kActionSizeMax);
  const fleet::TrialPhase before = record.state.phase;
  Changed changed;
  if (action == "start") {
    if (before != TrialPhase::draft) refuse_phase(record, action);
    changed = start(call, record);
  } else if (action == "stop") {
    changed = stop(call, record, body);
  } else if (action == "conclude") {
    if (before != TrialPhase::running) refuse_phase(record, action);
    changed = conclude(call, record, body);
  } else {
    throw HttpError(Problem::invalid_field, "\"action\" must be start, stop or conclude");
  }
  if (record.state.phase == before) refuse_phase(record, action);
  ++record.revision;
  return changed;
}

}  // namespace

Response add_experiment(const Call& call) {
  boost::json::object body = parse_json_body(call.request);
  const std::string& product = call.target.segments.at(3);
  known_product(call, product);
  const std::string name = identifier_field(body, "name");
  const bool is_draft = flag_field(body, "draft");
  body.erase("name");
  body.erase("draft");
  TrialRecord record;
  record.plan = experiment_plan_from_json(body);
  record.plan.group = group_of(call, product, record.plan.group);
  record.plan.product = product;
  record.plan.id = product + "/" + name;
  record.created_by = call.who.account;
  record.created_s = call.now_s;
  record.state.since_s = call.now_s;
  record.revision = 1;
  if (experiments_of(call).view_one(record.plan.id, call.now_s).has_value()) {
    throw HttpError(Problem::exists,
                    "there is an experiment " + name + " of " + product + " already");
  }
  std::vector<fleet::RolloutRecord> arms;
  if (is_draft) {
    note_payloads(call, record.plan);
  } else {
    arms = start(call, record).arms;
  }
  keep(call, record, arms);
  return json_response(
      201, answer_for(call, is_draft ? "Experiment added" : "Experiment started", {}, record));
}

Response list_experiments(const Call& call) {
  allow_parameters(call, {"limit", "cursor"});
  const std::string& product = call.target.segments.at(3);
  known_product(call, product);
  const Page page = read_page(call, "experiments", 1);
  std::vector<ExperimentView> views;
  for (ExperimentView& view : experiments_of(call).view(product, call.now_s)) {
    const bool follows = page.after.empty() || view.record.plan.id > page.after[0];
    if (follows && views.size() < page.count_to_read()) views.push_back(std::move(view));
  }
  const auto show = [&call](const ExperimentView& view) {
    return experiment_document(view, call.now_s);
  };
  return page_response("experiments",
                       show_page(page, "experiments", views, show, [](const ExperimentView& last) {
                         return Place{last.record.plan.id};
                       }));
}

Response show_experiment(const Call& call) {
  allow_parameters(call, {});
  return json_response(200, experiment_document(named_experiment(call), call.now_s));
}

Response change_experiment(const Call& call) {
  const boost::json::object body = parse_json_body(call.request);
  const ExperimentView view = named_experiment(call);
  TrialRecord record = view.record;
  const Changed changed = act(call, record, body);
  keep(call, record, changed.arms);
  return json_response(200, answer_for(call, changed.action, view, record));
}

Response list_experiment_devices(const Call& call) {
  allow_parameters(call, {"arm", "end", "measured", "limit", "cursor"});
  const ExperimentView view = named_experiment(call);
  const std::string wanted = arm_parameter(call, view.record.plan);
  const PartChoice choice = part_choice(call);
  const Page page = read_page(call, "devices", 1);
  using Row = std::pair<fleet::PartRecord, std::string>;
  std::vector<Row> rows;
  for (const fleet::Book::ArmView& arm : view.arms) {
    const fleet::Plan& plan = arm.view.record.plan;
    if (!wanted.empty() && wanted != plan.arm.name) continue;
    for (fleet::PartRecord& part : chosen_parts(call, plan.id, page, choice)) {
      rows.emplace_back(std::move(part), plan.arm.name);
    }
  }
  std::ranges::sort(rows, {}, [](const Row& row) { return row.first.device; });
  rows.resize(std::min(rows.size(), page.count_to_read()));
  const auto show = [](const Row& row) {
    return experiment_device_document(row.first, row.second);
  };
  return page_response("devices", show_page(page, "devices", rows, show, [](const Row& last) {
                         return Place{last.first.device};
                       }));
}

Response promote_experiment(const Call& call) {
  boost::json::object body = parse_json_body(call.request);
  const ExperimentView view = named_experiment(call);
  TrialRecord record = view.record;
  std::vector<fleet::RolloutRecord> arms;
  if (states(body, "winner") && record.state.phase == TrialPhase::running) {
    arms = conclude(call, record, body).arms;
  }
  body.erase("winner");
  body.erase("reason");
  if (record.state.phase != TrialPhase::concluded) refuse_phase(record, "promote");
  if (!record.state.winner.has_value()) {
    throw HttpError(Problem::wrong_phase, "the experiment has no winner");
  }
  if (!record.state.rollout.empty()) {
    throw HttpError(Problem::wrong_phase,
                    "its winner goes out by the rollout " + record.state.rollout + " already");
  }
  const fleet::TrialArm& winner = record.plan.arms[*record.state.winner];
  if (winner.version.empty()) {
    throw HttpError(Problem::wrong_phase, "the winner keeps what it runs: nothing goes out");
  }
  if (!states(body, "group")) body["group"] = record.plan.group;
  const fleet::RolloutRecord rollout =
      begin_rollout(call, payload_of(call, record.plan.product, winner), std::move(body));
  record.state.rollout = rollout.plan.id.substr(rollout.plan.product.size() + 1);
  ++record.revision;
  keep(call, record, arms);
  return json_response(201, answer_for(call, "Experiment promoted", view, record));
}

}  // namespace otter::server
