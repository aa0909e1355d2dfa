#include "server/group_api.h"

#include "ota/wire/version.h"
#include "server/device_filter.h"
#include "server/json_body.h"
#include "server/known_product.h"
#include "server/problem.h"
#include "server/query.h"

namespace otter::server {
namespace {

struct CountedGroup {
  Group group;
  fleet::Filter filter;
  int64_t devices = 0;
};

const std::string& product_of(const Call& call) { return call.target.segments.at(3); }
const std::string& name_of(const Call& call) { return call.target.segments.at(5); }

// In one reading of the product's devices.
std::vector<CountedGroup> counted(const Call& call, const std::vector<Group>& groups) {
  std::vector<CountedGroup> all;
  for (const Group& group : groups) {
    all.push_back({group, read_filter(group.filter, Problem::internal)});
  }
  DeviceQuery query{.product = product_of(call)};
  query.fits = [&](const DeviceSummary& summary) {
    const fleet::FilterSubject subject =
        subject_of(summary, {call.now_s, call.backend.settings.check_interval_s});
    for (CountedGroup& one : all) one.devices += one.filter.matches(subject) ? 1 : 0;
    return false;  // counted it is of no more use
  };
  if (all.empty()) return all;
  call.backend.sightings.flush(call.backend.store);
  call.backend.store.devices(query);
  return all;
}

boost::json::object document_of(const Group& group) {
  return {{"product", group.product},
          {"name", group.name},
          {"filter", group.filter},
          {"created", group.created_s}};
}

boost::json::object counted_document(const CountedGroup& counted) {
  boost::json::object document = document_of(counted.group);
  document["devices"] = counted.devices;
  return document;
}

// For the audit log.
boost::json::value filter_of(const std::optional<Group>& group) {
  if (!group.has_value()) return nullptr;
  return boost::json::object{{"product", group->product}, {"filter", group->filter}};
}

std::optional<Group> find_group(const Call& call) {
  // No segment of a path is empty, which would be any.
  const std::vector<Group> found = call.backend.store.groups(
      {.product = product_of(call), .name = name_of(call), .count_max = 1});
  return found.empty() ? std::nullopt : std::optional(found.front());
}

Group named_group(const Call& call) {
  std::optional<Group> group = find_group(call);
  if (!group.has_value()) throw HttpError(Problem::not_found, "there is no such group");
  return *std::move(group);
}

bool has_configuration(const Call& call, const Group& group) {
  return !call.backend.store
              .layers({.product = group.product,
                       .kind = LayerKind::group,
                       .name = group.name,
                       .count_max = 1})
              .empty();
}

Group read_group(const Call& call) {
  if (!is_identifier(name_of(call))) {
    throw HttpError(Problem::invalid_field,
                    "a group's name is 1 to 64 letters, digits and . - _ :");
  }
  const boost::json::object body = parse_json_body(call.request);
  const std::string text = string_field(body, "filter", fleet::kFilterSizeMax);
  return {product_of(call), name_of(call), read_filter(text, Problem::invalid_field).text(),
          call.now_s};
}

void require_room(const Call& call) {
  if (call.backend.store.groups({.product = product_of(call)}).size() < kGroupsMax) return;
  throw HttpError(Problem::invalid_field,
                  "a product has at most " + std::to_string(kGroupsMax) + " groups");
}

}  // namespace

Response list_groups(const Call& call) {
  allow_parameters(call, {"limit", "cursor"});
  const Page page = read_page(call, "groups", 1);
  known_product(call, product_of(call));
  const std::vector<Group> groups =
      call.backend.store.groups({.product = product_of(call),
                                 .after = page.after.empty() ? "" : page.after[0],
                                 .count_max = page.count_to_read()});
  return page_response("groups",
                       show_page(page, "groups", counted(call, groups), counted_document,
                                 [](const CountedGroup& last) { return Place{last.group.name}; }));
}

Response show_group(const Call& call) {
  allow_parameters(call, {});
  return json_response(200, counted_document(counted(call, {named_group(call)}).front()));
}

Response put_group(const Call& call) {
  Group group = read_group(call);
  const std::optional<Group> before = find_group(call);
  if (before.has_value()) {
    group.created_s = before->created_s;
  } else {
    require_room(call);
  }
  if (!call.backend.store.put_group(group)) {
    throw HttpError(Problem::not_found, "there is no such product");
  }
  call.change = {before.has_value() ? "Group changed" : "Group added", group.name,
                 filter_of(before), filter_of(group)};
  call.backend.log.info(
      call.change.action,
      {{"product", group.product}, {"group", group.name}, {"remote", call.request.remote}});
  return json_response(before.has_value() ? 200 : 201, document_of(group));
}

Response remove_group(const Call& call) {
  const Group group = named_group(call);
  if (has_configuration(call, group)) {
    throw HttpError(Problem::in_use,
                    "the group has a configuration of its own; `otter config unset " +
                        group.product + " --group " + group.name + "`");
  }
  call.backend.store.remove_group(group.product, group.name);
  call.change = {"Group removed", group.name, filter_of(group), nullptr};
  call.backend.log.info(
      "Group removed",
      {{"product", group.product}, {"group", group.name}, {"remote", call.request.remote}});
  return json_response(200, {{"product", group.product}, {"name", group.name}});
}

}  // namespace otter::server
