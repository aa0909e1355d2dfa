#include "server/device_change.h"

#include <algorithm>

#include "server/json_body.h"
#include "server/labels_json.h"
#include "server/problem.h"
#include "server/standing_api.h"

namespace otter::server {
namespace {

constexpr const char* kMembers[] = {"standing", "tags", "attributes"};

boost::json::object document_of(Standing standing, const fleet::Labels& labels) {
  return {{"standing", name(standing)},
          {"tags", tags_json(labels)},
          {"attributes", attributes_json(labels)}};
}

// Of a document what the body asks to change.
boost::json::object stated_of(const boost::json::object& document,
                              const boost::json::object& body) {
  boost::json::object stated;
  for (const char* member : kMembers) {
    if (states(body, member)) stated[member] = document.at(member);
  }
  return stated;
}

const char* action_of(const boost::json::object& body, Standing after) {
  if (!states(body, "standing")) return "Device labelled";
  return after == Standing::revoked ? "Device revoked" : "Device allowed";
}

bool asks_for_something(const boost::json::object& body) {
  return std::ranges::any_of(kMembers, [&](const char* name) { return states(body, name); });
}

fleet::Labels change_labels(const Call& call, const fleet::Labels& before,
                            const boost::json::object& body) {
  fleet::Labels after = fleet::changed(before, read_label_change(body));
  const std::string fault = fault_of(after);
  if (!fault.empty()) throw HttpError(Problem::invalid_field, fault);
  if (after != before) call.backend.store.set_labels(call.target.segments.at(3), after);
  return after;
}

}  // namespace

Response change_device(const Call& call) {
  Store& store = call.backend.store;
  const std::string& id = call.target.segments.at(3);
  const boost::json::object body = parse_json_body(call.request);
  if (!asks_for_something(body)) {
    throw HttpError(Problem::invalid_field, "say what is to change: standing, tags, attributes");
  }
  const std::optional<Device> device = store.device(id);
  if (!device.has_value()) throw HttpError(Problem::not_found, "there is no such device");
  const fleet::Labels labels = store.labels(id);
  const boost::json::object before = document_of(device->standing, labels);
  const fleet::Labels changed = change_labels(call, labels, body);
  const Standing standing =
      states(body, "standing") ? change_standing(call, *device, body) : device->standing;
  boost::json::object after = document_of(standing, changed);
  call.change = {action_of(body, standing), id, stated_of(before, body), stated_of(after, body)};
  call.backend.log.info(call.change.action, {{"device", id}, {"remote", call.request.remote}});
  after["id"] = id;
  return json_response(200, after);
}

}  // namespace otter::server
