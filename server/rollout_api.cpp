#include "server/rollout_api.h"

#include <algorithm>

#include "ota/wire/version.h"
#include "server/json_body.h"
#include "server/known_product.h"
#include "server/part_choice.h"
#include "server/problem.h"
#include "server/query.h"
#include "server/rollout_documents.h"
#include "server/rollout_guest.h"
#include "server/rollout_json.h"
#include "server/rollout_start.h"
#include "server/rollouts.h"

namespace otter::server {
namespace {

using fleet::Facts;
using fleet::Plan;
using fleet::RolloutRecord;
using fleet::State;

constexpr size_t kActionSizeMax = 16;
constexpr size_t kReasonSizeMax = 256;

std::string id_of(const Call& call) {
  return call.target.segments.at(3) + "/" + call.target.segments.at(5);
}

fleet::Book::View named_rollout(const Call& call) {
  std::optional<fleet::Book::View> view =
      call.backend.rollouts.book().view_one(id_of(call), call.now_s);
  if (!view.has_value() || view->record.plan.arm.exists()) {
    throw HttpError(Problem::not_found, "there is no such rollout");
  }
  return std::move(*view);
}

// A release by its version, or a configuration by its own.
Payload payload_of(const Call& call, const boost::json::object& body) {
  const std::string& product = call.target.segments.at(3);
  const std::optional<int64_t> config = integer_field(body, "config", UINT32_MAX);
  if (config.has_value() == states(body, "version")) {
    throw HttpError(Problem::invalid_field, "state either \"version\" or \"config\"");
  }
  if (config.has_value()) {
    return configuration_payload(call, product, static_cast<uint32_t>(*config));
  }
  return release_payload(call, product, string_field(body, "version", kVersionSizeMax));
}

struct Action {
  const char* word;
  const char* done;
  State (*apply)(const Call&, const Plan&, const State&, const Facts&, const std::string& reason);
};

constexpr Action kActions[] = {
    {"approve", "Rollout approved",
     [](const Call&, const Plan&, const State& state, const Facts&, const std::string&) {
       return fleet::approve(state);
     }},
    {"pause", "Rollout paused",
     [](const Call& call, const Plan&, const State& state, const Facts&, const std::string&) {
       return fleet::pause(state, call.now_s);
     }},
    {"resume", "Rollout resumed",
     [](const Call& call, const Plan&, const State& state, const Facts&, const std::string&) {
       return fleet::resume(state, call.now_s);
     }},
    {"halt", "Rollout halted",
     [](const Call& call, const Plan&, const State& state, const Facts&,
        const std::string& reason) { return fleet::halt(state, call.now_s, reason); }},
    {"advance", "Rollout advanced",
     [](const Call&, const Plan& plan, const State& state, const Facts& facts, const std::string&) {
       return fleet::advance(plan, state, facts);
     }},
    {"abort", "Rollout aborted",
     [](const Call& call, const Plan&, const State& state, const Facts&, const std::string&) {
       return fleet::abort(state, call.now_s);
     }},
    {"take_back", "Release taken back",
     [](const Call& call, const Plan&, const State& state, const Facts&,
        const std::string& reason) { return fleet::take_back(state, call.now_s, reason); }},
};

const Action& action_named(const std::string& word) {
  const auto* const found =
      std::ranges::find_if(kActions, [&word](const Action& action) { return word == action.word; });
  if (found != std::end(kActions)) return *found;
  throw HttpError(Problem::invalid_field,
                  "\"action\" must be approve, pause, resume, halt, advance, abort or take_back");
}

RolloutRecord acted(const Call& call, const fleet::Book::View& before, const Action& action,
                    const std::string& reason) {
  const bool approves = action.word == std::string_view("approve");
  if (approves && before.record.created_by == call.who.account) {
    throw HttpError(Problem::forbidden,
                    call.who.account + " has made it; another account approves it");
  }
  RolloutRecord record = *call.backend.rollouts.book().wanted(
      before.record.plan.id,
      [&](const Plan& plan, const State& state, const Facts& facts) {
        return action.apply(call, plan, state, facts, reason);
      },
      call.now_s);
  if (record.state == before.record.state) {
    throw HttpError(Problem::wrong_phase, std::string("the rollout is ") +
                                              name(before.record.state.phase) + ": " + action.word +
                                              " does nothing now");
  }
  if (approves) record.approved_by = call.who.account;
  return record;
}

// Other members of the plan would change what has been promised to its devices.
void change_gates(const Call& call, RolloutRecord& record, const boost::json::value& gates) {
  if (!gates.is_object()) throw HttpError(Problem::invalid_field, "\"gates\" must be an object");
  boost::json::object document = plan_json(record.plan);
  for (const auto& [name, value] : gates.as_object()) {
    document["gates"].as_object()[name] = value;
  }
  const fleet::Gates changed = plan_from_json(document).gates;
  record.health = with_gates(record.health, record.plan.gates.metrics, changed.metrics);
  record.plan.gates = changed;
  call.change.action = "Rollout's gates changed";
}

}  // namespace

Response add_rollout(const Call& call) {
  boost::json::object body = parse_json_body(call.request);
  known_product(call, call.target.segments.at(3));
  const Payload payload = payload_of(call, body);
  body.erase("version");
  body.erase("config");
  fleet::Book::View view;
  view.record = begin_rollout(call, payload, std::move(body));
  const boost::json::object document = rollout_document(view);
  call.change = {"Rollout added", view.record.plan.id, nullptr, document};
  return json_response(201, document);
}

Response list_rollouts(const Call& call) {
  allow_parameters(call, {"limit", "cursor"});
  const std::string& product = call.target.segments.at(3);
  known_product(call, product);
  const Page page = read_page(call, "rollouts", 1);
  std::vector<fleet::Book::View> views;
  for (fleet::Book::View& view : call.backend.rollouts.book().view(product, call.now_s)) {
    const bool follows = page.after.empty() || view.record.plan.id > page.after[0];
    if (follows && views.size() < page.count_to_read()) views.push_back(std::move(view));
  }
  return page_response("rollouts", show_page(page, "rollouts", views, rollout_document,
                                             [](const fleet::Book::View& last) {
                                               return Place{last.record.plan.id};
                                             }));
}

Response show_rollout(const Call& call) {
  allow_parameters(call, {});
  return json_response(200, rollout_document(named_rollout(call)));
}

Response change_rollout(const Call& call) {
  const boost::json::object body = parse_json_body(call.request);
  fleet::Book::View view = named_rollout(call);
  const boost::json::object before = rollout_document(view);
  const bool acts = states(body, "action");
  if (acts == states(body, "gates")) {
    throw HttpError(Problem::invalid_field, "state either \"action\" or \"gates\"");
  }
  RolloutRecord record = view.record;
  if (acts) {
    const Action& action = action_named(string_field(body, "action", kActionSizeMax));
    record = acted(call, view, action, string_field_or_empty(body, "reason", kReasonSizeMax));
    call.change.action = action.done;
  } else {
    // As it is kept: evidence in memory may be of parts that are not kept yet.
    record = *call.backend.rollouts.book().wanted(
        record.plan.id, [](const Plan&, const State& state, const Facts&) { return state; },
        call.now_s);
    change_gates(call, record, body.at("gates"));
    ++record.revision;
  }
  keep_rollout(call, record);
  view.record = record;
  const boost::json::object after = rollout_document(view);
  call.change = {call.change.action, record.plan.id, before, after};
  call.backend.log.info(call.change.action,
                        {{"rollout", record.plan.id}, {"remote", call.request.remote}});
  return json_response(200, after);
}

Response list_rollout_devices(const Call& call) {
  allow_parameters(call, {"end", "limit", "cursor"});
  const fleet::Book::View view = named_rollout(call);
  const Page page = read_page(call, "devices", 1);
  const auto parts = chosen_parts(call, view.record.plan.id, page, part_choice(call));
  return page_response("devices",
                       show_page(page, "devices", parts, part_document,
                                 [](const fleet::PartRecord& last) { return Place{last.device}; }));
}

Response explain_device(const Call& call) {
  allow_parameters(call, {});
  call.backend.sightings.flush(call.backend.store);
  const std::string& id = call.target.segments.at(3);
  const std::optional<Device> device = call.backend.store.device(id);
  if (!device.has_value()) throw HttpError(Problem::not_found, "there is no such device");
  const RolloutGuest guest(call, *device);
  return json_response(200, explanation_document(call, *device, guest));
}

}  // namespace otter::server
