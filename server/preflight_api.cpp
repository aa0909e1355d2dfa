#include "server/preflight_api.h"

#include <map>

#include "fleet/decision.h"
#include "server/approval_api.h"
#include "server/device_filter.h"
#include "server/json_body.h"
#include "server/query.h"
#include "server/rollout_guest.h"
#include "server/rollout_start.h"

namespace otter::server {
namespace {

struct Refusal {
  std::string device;
  fleet::Reason reason = fleet::Reason::unfit;
  std::string detail;  // of `unfit`: the error's word
};

// Reason and detail, as they are counted.
using Cause = std::pair<fleet::Reason, std::string>;

struct Preflight {
  int64_t devices = 0;
  int64_t installed = 0;
  std::map<Cause, int64_t> causes;
  std::vector<Refusal> refusals;  // of the page, and one more
};

// Why a device can't take it, in the order in which a rollout decides.
std::optional<Cause> cause_of(const fleet::Fit& fit) {
  if (fit.has_failed) return Cause(fleet::Reason::failed_before, "");
  if (fit.unfit != nullptr) return Cause(fleet::Reason::unfit, fit.unfit);
  return std::nullopt;
}

void look_at(const Device& device, const PlanFit& plan, const Page& page, Preflight& found) {
  ++found.devices;
  const fleet::Fit fit = plan.of(known_facts(device), false);
  if (fit.runs_it) {
    ++found.installed;
    return;
  }
  const std::optional<Cause> cause = cause_of(fit);
  if (!cause.has_value()) return;
  ++found.causes[*cause];
  const bool follows = page.after.empty() || device.id > page.after[0];
  if (follows && found.refusals.size() < page.count_to_read()) {
    found.refusals.push_back({device.id, cause->first, cause->second});
  }
}

Preflight fly(const Call& call, const Release& release, const Page& page) {
  fleet::Plan plan;
  plan.product = release.product;
  plan.version = release.version;
  const std::string named =
      group_of(call, release.product, parameter(call, "group"), Problem::bad_query);
  const fleet::Filter group = read_filter(named, Problem::internal);
  const FilterMoment moment = {call.now_s, call.backend.settings.check_interval_s};
  const PlanFit fit(call, plan);
  Preflight found;
  DeviceQuery query;
  query.product = release.product;
  query.count_max = kPageSizeMax;
  query.fits = [&](const DeviceSummary& summary) {
    const Standing standing = summary.device.standing;
    const bool is_member = standing == Standing::enrolled || standing == Standing::allowed;
    return is_member && group.matches(subject_of(summary, moment));
  };
  for (;;) {
    const std::vector<DeviceSummary> devices = call.backend.store.devices(query);
    for (const DeviceSummary& summary : devices) look_at(summary.device, fit, page, found);
    if (devices.size() < query.count_max) return found;
    query.after = devices.back().device.id;
  }
}

boost::json::array causes_json(const Preflight& found) {
  boost::json::array causes;
  for (const auto& [cause, count] : found.causes) {
    causes.push_back({{"reason", name(cause.first)},
                      {"detail", text_or_null(cause.second)},
                      {"devices", count}});
  }
  return causes;
}

boost::json::object refusal_json(const Refusal& refusal) {
  return {{"id", refusal.device},
          {"reason", name(refusal.reason)},
          {"detail", text_or_null(refusal.detail)}};
}

}  // namespace

Response show_preflight(const Call& call) {
  allow_parameters(call, {"group", "limit", "cursor"});
  const ReleasePtr release = named_release(call);
  call.backend.sightings.flush(call.backend.store);
  const Page page = read_page(call, "refusals", 1);
  const Preflight found = fly(call, *release, page);
  int64_t refused = 0;
  for (const auto& [cause, count] : found.causes) refused += count;
  ShownPage shown = show_page(page, "refusals", found.refusals, refusal_json,
                              [](const Refusal& last) { return Place{last.device}; });
  return json_response(200, {{"product", release->product},
                             {"version", release->version},
                             {"devices", found.devices},
                             {"installed", found.installed},
                             {"can_take", found.devices - found.installed - refused},
                             {"cannot_take", refused},
                             {"causes", causes_json(found)},
                             {"refusals", std::move(shown.items)},
                             {"next", std::move(shown.next)}});
}

}  // namespace otter::server
