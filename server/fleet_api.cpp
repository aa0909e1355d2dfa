#include "server/fleet_api.h"

#include "server/approval_api.h"
#include "server/device_filter.h"
#include "server/device_metrics.h"
#include "server/envelope_json.h"
#include "server/json_body.h"
#include "server/known_product.h"
#include "server/labels_json.h"
#include "server/patch_works.h"
#include "server/plan_members.h"
#include "server/problem.h"
#include "server/query.h"

namespace otter::server {
namespace {

boost::json::object release_document(const Release& release) {
  return {{"product", release.product},
          {"channel", release.channel},
          {"version", release.version},
          {"sequence", release.sequence},
          {"chip", release.chip},
          {"size", release.size_bytes},
          {"sha256", to_hex(release.image_sha256).characters},
          {"manifest", to_hex(release.manifest_sha256).characters},
          {"created", release.created_s},
          {"pending", release.is_pending},
          {"staged", release.is_staged},
          {"published_by", text_or_null(release.published_by)},
          {"approved_by", text_or_null(release.approved_by)}};
}

// The ways to it that are smaller than the image; `from` null: the image itself, compressed.
boost::json::array patches_of(const Call& call, const Release& release) {
  boost::json::array documents;
  if (call.backend.patches == nullptr) return documents;
  for (const StoredPatch& patch : call.backend.patches->shelf().to(release.image_sha256)) {
    const ReleasePtr base =
        release_of_image(call.backend.lookups, release.product, patch.base_sha256);
    if (base == nullptr && !patch.base_sha256.is_zero()) continue;
    documents.push_back({{"from", text_or_null(base == nullptr ? "" : base->version)},
                         {"memory", patch.memory_bytes},
                         {"size", patch.size_bytes},
                         {"sha256", to_hex(patch.sha256).characters}});
  }
  return documents;
}

// What is not known is null.
boost::json::object health_document(const Device& device) {
  const DeviceHealth& health = device.health;
  boost::json::object document = {
      {"resets", device.resets}, {"reset_reason", nullptr}, {"uptime_s", nullptr},
      {"heap_bytes", nullptr},   {"rssi_dbm", nullptr},
  };
  if (health.reset_reason != ResetReason::unknown) {
    document["reset_reason"] = std::string_view(name(health.reset_reason).data);
  }
  if (health.uptime_s != kUptimeUnknown) document["uptime_s"] = health.uptime_s;
  if (health.heap_low_water_bytes != 0) document["heap_bytes"] = health.heap_low_water_bytes;
  if (health.rssi_dbm != 0) document["rssi_dbm"] = health.rssi_dbm;
  return document;
}

boost::json::value metrics_or_null(const Device& device) {
  const auto metrics = parse_device_metrics(device.metrics);
  if (!metrics.has_value()) return nullptr;
  boost::json::object document;
  for (const fleet::MetricValue& metric : *metrics)
    document[metric.name] = number_json(metric.value);
  return document;
}

boost::json::value time_or_null(int64_t time_s) {
  return time_s == 0 ? boost::json::value() : boost::json::value(time_s);
}

boost::json::object command_document(const DeviceCommand& command) {
  const bool is_none = command.command == Command::none;
  return {{"command", text_or_null(is_none ? "" : name(command.command).data)},
          {"command_requested", time_or_null(command.requested_s)},
          {"command_told", time_or_null(command.told_s)}};
}

boost::json::value revision_or_null(const Device& device) {
  if (device.make.layout.empty()) return nullptr;
  return device.make.revision;
}

boost::json::object device_document(const DeviceSummary& summary) {
  const Device& device = summary.device;
  const std::string outcome = summary.outcome.has_value() ? name(*summary.outcome) : "";
  boost::json::object document = {{"id", device.id},
                                  {"product", device.product},
                                  {"chip", text_or_null(device.chip)},
                                  {"version", text_or_null(device.version)},
                                  {"outcome", text_or_null(outcome)},
                                  {"outcome_version", text_or_null(summary.outcome_version)},
                                  {"error", text_or_null(summary.error)},
                                  {"boot_state", text_or_null(device.boot_state)},
                                  {"slot_bytes", device.slot_bytes},
                                  {"revision", revision_or_null(device)},
                                  {"hardware", text_or_null(device.make.hardware)},
                                  {"layout", text_or_null(device.make.layout)},
                                  {"client", text_or_null(device.make.client)},
                                  {"root", device.applied.root},
                                  {"trust", device.applied.trust},
                                  {"config", device.applied.config},
                                  {"config_failed", device.applied.config_failed},
                                  {"key_epoch", device.key_epoch},
                                  {"created", device.created_s},
                                  {"last_seen", device.last_seen_s},
                                  {"standing", name(device.standing)},
                                  {"tags", tags_json(summary.labels)},
                                  {"attributes", attributes_json(summary.labels)}};
  for (auto& [key, value] : health_document(device)) document[key] = std::move(value);
  document["metrics"] = metrics_or_null(device);
  for (auto& [key, value] : command_document(device.command)) document[key] = std::move(value);
  return document;
}

boost::json::object report_document(const Report& report) {
  boost::json::error_code ignored;  // what was stored is JSON
  boost::json::value fields = boost::json::parse(report.body, ignored);
  boost::json::object document = fields.is_object() ? fields.as_object() : boost::json::object();
  document["report_id"] = report.id;
  document["received"] = report.received_s;
  document["outcome"] = report.outcome.has_value() ? name(*report.outcome) : "";
  document["error"] = text_or_null(report.error);
  document["version"] = text_or_null(report.release_version);
  return document;
}

// The parameter as one of the words that `named` knows; none if it is missing.
template <typename Word>
std::optional<Word> word_parameter(const Call& call, const char* name,
                                   std::optional<Word> (*named)(std::string_view)) {
  const std::string text = parameter(call, name);
  if (text.empty()) return std::nullopt;
  const std::optional<Word> word = named(text);
  if (word.has_value()) return word;
  throw HttpError(Problem::bad_query, std::string("there is no ") + name + " " + text);
}

// Products that a filter names must be there. A token for one product learns of no other.
//
// Errors: HttpError bad_query
void require_products(const Call& call, const fleet::Filter& filter) {
  const std::string& only = call.who.product;
  for (const std::string& product : filter.products()) {
    const bool is_there =
        only.empty() ? call.backend.store.product(product).has_value() : product == only;
    if (!is_there) throw HttpError(Problem::bad_query, "there is no product " + product);
  }
}

int64_t time_parameter(const Call& call, const char* name, int64_t otherwise) {
  return integer_parameter(call, name, 0, INT64_MAX).value_or(otherwise);
}

}  // namespace

Response list_releases(const Call& call) {
  allow_parameters(call, {"product", "channel", "limit", "cursor"});
  const Page page = read_page(call, "releases", 3);
  ReleaseQuery query;
  query.product = product_parameter(call);
  query.channel = parameter(call, "channel");
  query.with_pending = true;
  if (!page.after.empty()) {
    query.after = {page.after[0], page.after[1], number_in(page.after[2], INT64_MAX)};
  }
  query.count_max = page.count_to_read();
  const auto show = [](const ReleasePtr& release) { return release_document(*release); };
  const auto place_of = [](const ReleasePtr& last) {
    return Place{last->product, last->channel, std::to_string(last->sequence)};
  };
  return page_response(
      "releases", show_page(page, "releases", call.backend.store.releases(query), show, place_of));
}

Response show_release(const Call& call) {
  allow_parameters(call, {});
  const ReleasePtr release = named_release(call);
  boost::json::object document = release_document(*release);
  document["app_elf_sha256"] = to_hex(release->app_elf_sha256).characters;
  document["notes"] = release->notes;
  document["patches"] = patches_of(call, *release);
  PatchWorks* const works = call.backend.patches;
  document["patches_pending"] = works != nullptr ? works->pending(release->image_sha256) : 0;
  document["envelope"] = envelope_json(release->envelope);
  return json_response(200, document);
}

Response count_reports(const Call& call) {
  allow_parameters(call, {});
  const std::string& product = call.target.segments.at(3);
  known_product(call, product);
  boost::json::array counts;
  for (const ReportCount& count : call.backend.store.report_counts(product)) {
    counts.push_back({{"day", count.day * kSecondsPerDay},
                      {"version", text_or_null(count.version)},
                      {"outcome", name(count.outcome)},
                      {"count", count.count}});
  }
  return json_response(200, {{"product", product}, {"counts", std::move(counts)}});
}

Response list_devices(const Call& call) {
  allow_parameters(call, {"product", "version", "outcome", "boot_state", "standing", "id_prefix",
                          "seen_from", "seen_before", "filter", "limit", "cursor"});
  const Page page = read_page(call, "devices", 1);
  const fleet::Filter filter = read_filter(parameter(call, "filter"), Problem::bad_query);
  require_products(call, filter);
  DeviceQuery query;
  query.product = product_parameter(call);
  query.version = parameter(call, "version");
  query.boot_state = parameter(call, "boot_state");
  query.id_prefix = parameter(call, "id_prefix");
  query.outcome = word_parameter(call, "outcome", outcome_named);
  query.standing = word_parameter(call, "standing", standing_named);
  query.seen_from_s = time_parameter(call, "seen_from", query.seen_from_s);
  query.seen_before_s = time_parameter(call, "seen_before", query.seen_before_s);
  if (!page.after.empty()) query.after = page.after[0];
  query.count_max = page.count_to_read();
  if (!filter.text().empty()) {
    query.fits = [&](const DeviceSummary& summary) {
      return filter.matches(
          subject_of(summary, {call.now_s, call.backend.settings.check_interval_s}));
    };
  }
  call.backend.sightings.flush(call.backend.store);
  return page_response(
      "devices", show_page(page, "devices", call.backend.store.devices(query), device_document,
                           [](const DeviceSummary& last) { return Place{last.device.id}; }));
}

Response show_device(const Call& call) {
  allow_parameters(call, {});
  const std::string& id = call.target.segments.at(3);
  call.backend.sightings.flush(call.backend.store);
  // The first of those that begin with an id is that one.
  const std::vector<DeviceSummary> found =
      call.backend.store.devices({.id_prefix = id, .count_max = 1});
  if (found.empty() || found[0].device.id != id) {
    throw HttpError(Problem::not_found, "there is no such device");
  }
  return json_response(200, device_document(found[0]));
}

Response list_reports(const Call& call) {
  allow_parameters(call, {"outcome", "received_from", "received_before", "limit", "cursor"});
  const Page page = read_page(call, "reports", 1);
  ReportQuery query;
  query.device = call.target.segments.at(3);
  if (!call.backend.store.device(query.device).has_value()) {
    throw HttpError(Problem::not_found, "there is no such device");
  }
  query.outcome = word_parameter(call, "outcome", outcome_named);
  query.received_from_s = time_parameter(call, "received_from", query.received_from_s);
  query.received_before_s = time_parameter(call, "received_before", query.received_before_s);
  if (!page.after.empty())
    query.below_number = static_cast<int64_t>(number_in(page.after[0], INT64_MAX));
  query.count_max = page.count_to_read();
  return page_response(
      "reports", show_page(page, "reports", call.backend.store.reports(query), report_document,
                           [](const Report& last) { return Place{std::to_string(last.number)}; }));
}

}  // namespace otter::server
