#include "server/rollout_start.h"

#include "server/device_filter.h"
#include "server/json_body.h"
#include "server/known_product.h"
#include "server/rollout_documents.h"
#include "server/rollout_json.h"
#include "server/rollouts.h"

namespace otter::server {
namespace {

// "1.0.2", and "1.0.2.2" for the second rollout of it; "config-7".
std::string free_name(const Call& call, const std::string& product, const Payload& payload) {
  const std::string base = payload.config_version == 0
                               ? payload.version
                               : "config-" + std::to_string(payload.config_version);
  const auto is_taken = [&](const std::string& name) {
    return call.backend.rollouts.book().view_one(product + "/" + name, call.now_s).has_value();
  };
  std::string name = base;
  for (int number = 2; is_taken(name); ++number) name = base + "." + std::to_string(number);
  return name;
}

}  // namespace

std::string group_of(const Call& call, const std::string& product, const std::string& text,
                     Problem problem) {
  if (text.empty()) return text;
  const std::vector<Group> named =
      call.backend.store.groups({.product = product, .name = text, .count_max = 1});
  if (!named.empty()) return named.front().filter;
  return read_filter(text, problem).text();
}

ReleasePtr staged_release(const Call& call, const std::string& product,
                          const std::string& version) {
  const std::vector<ReleasePtr> found = call.backend.store.releases(
      {.product = product, .version = version, .with_pending = true, .count_max = 1});
  if (found.empty()) {
    throw HttpError(Problem::not_found, "there is no release " + version + " of " + product);
  }
  // Its stages would pass without one device that may take it, and the approval then let it out to
  // all of them at once.
  if (found.front()->is_pending) {
    throw HttpError(Problem::invalid_field, "the release " + version +
                                                " waits for a second account: `otter approve " +
                                                product + " " + version + "`");
  }
  if (!found.front()->is_staged) {
    throw HttpError(
        Problem::invalid_field,
        "the release " + version +
            " is offered to all devices already; publish one "
            "with `--staged`, or have all of the product's staged: `otter product set " +
            product + " --staged on`");
  }
  return found.front();
}

void keep_rollout(const Call& call, const fleet::RolloutRecord& record) {
  if (!keep_rollout(call.backend.store, record)) {
    throw HttpError(Problem::busy, "the rollout moved in this moment; look at it and try again");
  }
  call.afterwards.emplace_back(
      [&book = call.backend.rollouts.book(), record] { book.adopt(record); });
  call.events.push_back({"rollout", record.plan.product, rollout_event(record)});
}

Payload release_payload(const Call& call, const std::string& product, const std::string& version) {
  return {version, 0, staged_release(call, product, version)->size_bytes};
}

Payload configuration_payload(const Call& call, const std::string& product, uint32_t version) {
  const std::optional<Configuration> found = configuration(call.backend.store, product, version);
  if (!found.has_value()) {
    throw HttpError(Problem::not_found, product + " has no configuration " +
                                            std::to_string(version) + "; `otter config show " +
                                            product + "` lists all");
  }
  return {fleet::configuration_name(version), version, found->document.size()};
}

fleet::RolloutRecord begin_rollout(const Call& call, const Payload& payload,
                                   boost::json::object body) {
  const std::string& product = call.target.segments.at(3);
  const std::string named = states(body, "name") ? identifier_field(body, "name") : "";
  body.erase("name");
  fleet::RolloutRecord record;
  record.plan = plan_from_json(body);
  record.plan.group = group_of(call, product, record.plan.group);
  record.plan.product = product;
  record.plan.version = payload.version;
  record.plan.config_version = payload.config_version;
  record.plan.image_bytes = payload.bytes;
  const std::string name = named.empty() ? free_name(call, product, payload) : named;
  record.plan.id = product + "/" + name;
  record.created_by = call.who.account;
  record.created_s = call.now_s;
  record.state.since_s = call.now_s;
  record.revision = 1;
  if (call.backend.rollouts.book().view_one(record.plan.id, call.now_s).has_value()) {
    throw HttpError(Problem::exists, "there is a rollout " + name + " of " + product + " already");
  }
  keep_rollout(call, record);
  call.backend.log.info("Rollout added",
                        {{"rollout", record.plan.id}, {"remote", call.request.remote}});
  return record;
}

}  // namespace otter::server
