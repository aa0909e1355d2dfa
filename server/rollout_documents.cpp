#include "server/rollout_documents.h"

#include <cmath>

#include "server/desired_configuration.h"
#include "server/json_body.h"
#include "server/offer.h"
#include "server/rollout_json.h"
#include "server/rollouts.h"
#include "server/root_api.h"

namespace otter::server {
namespace {

boost::json::value time_or_null(int64_t time_s) {
  return time_s == 0 ? boost::json::value(nullptr) : boost::json::value(time_s);
}

boost::json::value version_or_null(const fleet::Plan& plan) {
  return text_or_null(plan.is_configuration() ? "" : plan.version);
}

boost::json::value config_or_null(const fleet::Plan& plan) {
  if (!plan.is_configuration()) return nullptr;
  return plan.config_version;
}

// The name within the product: what stands behind the slash of the id.
std::string name_in(const fleet::Plan& plan) { return plan.id.substr(plan.product.size() + 1); }

boost::json::object sums_document(const fleet::PairSums& sums) {
  return {{"pairs", sums.pairs},
          {"mean_difference", sums.pairs == 0 ? 0.0 : sums.sum / static_cast<double>(sums.pairs)},
          {"log_evidence", log_evidence(sums)}};
}

boost::json::object health_document(const fleet::RolloutRecord& record) {
  const fleet::Gates& gates = record.plan.gates;
  boost::json::object metrics, application_metrics;
  for (size_t index = 0; index < fleet::kHealthMetrics; ++index) {
    metrics[name(static_cast<fleet::HealthMetric>(index))] = sums_document(record.health[index]);
  }
  for (size_t index = 0; index < gates.metrics.size(); ++index) {
    application_metrics[gates.metrics[index].name] =
        sums_document(record.health.at(fleet::kHealthMetrics + index));
  }
  const double tests = static_cast<double>(fleet::kHealthMetrics + gates.metrics.size());
  const double limit = gates.health_alpha > 0 ? std::log(tests / gates.health_alpha) : 0;
  return {{"log_evidence_limit", limit},
          {"metrics", std::move(metrics)},
          {"application_metrics", std::move(application_metrics)}};
}

// An arm's rollout is nothing that people know of.
boost::json::object line_document(const fleet::Line& line) {
  return {{"rollout", text_or_null(line.experiment.empty() ? line.rollout : "")},
          {"experiment", text_or_null(line.experiment)},
          {"arm", text_or_null(line.arm)},
          {"version", text_or_null(line.version)},
          {"reason", name(line.decision.reason)},
          {"detail", text_or_null(line.decision.detail == nullptr ? "" : line.decision.detail)},
          {"until", time_or_null(line.decision.until_s)},
          {"text", sentence(line.decision.reason)}};
}

}  // namespace

boost::json::object tally_document(const fleet::Tally& tally) {
  return {{"started", tally.started},     {"open", tally.open()},
          {"confirmed", tally.confirmed}, {"rolled_back", tally.rolled_back},
          {"refused", tally.refused},     {"failed", tally.failed},
          {"lost", tally.lost},           {"returned", tally.returned},
          {"skipped", tally.skipped},     {"present", tally.present}};
}

boost::json::object rollout_document(const fleet::Book::View& view) {
  const fleet::Plan& plan = view.record.plan;
  const fleet::State& state = view.record.state;
  return {{"name", name_in(plan)},
          {"product", plan.product},
          {"version", version_or_null(plan)},
          {"config", config_or_null(plan)},
          {"phase", name(state.phase)},
          {"stage", state.stage + 1},
          {"stages", plan.stages.size()},
          {"since", state.since_s},
          {"began", time_or_null(state.began_s)},
          {"cause", name(state.cause)},
          {"detail", text_or_null(state.detail)},
          {"approved", state.is_approved || !plan.needs_approval},
          {"created", view.record.created_s},
          {"created_by", text_or_null(view.record.created_by)},
          {"approved_by", text_or_null(view.record.approved_by)},
          {"members", view.members},
          {"quota", view.quota},
          {"devices", tally_document(view.all)},
          {"stage_devices", tally_document(view.stage)},
          {"health", health_document(view.record)},
          {"plan", plan_json(plan)}};
}

boost::json::object part_document(const fleet::PartRecord& record) {
  const bool is_skipped = record.part.end == fleet::End::skipped;
  return {{"id", record.device},
          {"end", name(record.part.end)},
          {"reason", is_skipped ? boost::json::value(name(record.part.reason)) : nullptr},
          {"stage", record.part.stage + 1},
          {"started", record.part.started_s},
          {"ended", time_or_null(record.part.ended_s)},
          {"attempts", record.part.attempts},
          {"retry_at", time_or_null(record.part.retry_at_s)},
          {"control", text_or_null(record.pair.control)}};
}

boost::json::object rollout_event(const fleet::RolloutRecord& record) {
  return {{"rollout", name_in(record.plan)},         {"product", record.plan.product},
          {"version", version_or_null(record.plan)}, {"config", config_or_null(record.plan)},
          {"phase", name(record.state.phase)},       {"stage", record.state.stage + 1},
          {"cause", name(record.state.cause)},       {"detail", text_or_null(record.state.detail)}};
}

boost::json::object explanation_document(const Call& call, const Device& device,
                                         const RolloutGuest& guest) {
  boost::json::array lines;
  if (device.standing != Standing::enrolled) {
    lines.push_back({{"reason", name(device.standing)},
                     {"text", "the device has no key of its own: it gets no check-in's answer"}});
  }
  // Which sequence it has accepted isn't known; what it runs it need not be offered.
  const auto may_offer = [&](const Release& candidate) {
    return !candidate.is_staged && candidate.version != device.version &&
           is_authorised(call, candidate);
  };
  const ReleasePtr release =
      choose_release(call.backend.lookups, guest.facts(), "stable", call.now_s, may_offer);
  if (release != nullptr) {
    lines.push_back({{"version", release->version},
                     {"reason", "offered"},
                     {"text", "the release is offered to all devices"}});
  }
  for (const fleet::Line& line : call.backend.rollouts.book().explain(guest, call.now_s)) {
    lines.push_back(line_document(line));
  }
  const std::optional<Product> product = call.backend.lookups.product(device.product);
  DesiredConfiguration desired;
  if (product.has_value()) desired = desired_configuration(call, *product, guest);
  return {{"id", device.id},
          {"product", device.product},
          {"config",
           {{"desired", desired.configuration.has_value() ? desired.configuration->version : 0},
            {"reported", device.applied.config},
            {"failed", device.applied.config_failed}}},
          {"version", text_or_null(device.version)},
          {"boot_state", text_or_null(device.boot_state)},
          {"standing", name(device.standing)},
          {"last_seen", device.last_seen_s},
          {"next_checkin",
           device.last_seen_s == 0
               ? 0
               : device.last_seen_s +
                     next_checkin_of(device.id, call.backend.settings.check_interval_s)},
          {"lines", std::move(lines)}};
}

}  // namespace otter::server
