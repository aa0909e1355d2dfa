#include "server/history_api.h"

#include "server/json_body.h"
#include "server/known_product.h"
#include "server/problem.h"
#include "server/query.h"

namespace otter::server {
namespace {

constexpr int64_t kDaysDefault = 30;
constexpr int64_t kDaysMax = 36525;

const std::string& named(const Call& call) { return call.target.segments.at(3); }

// The day that the last `days` begin with, today included [days since 1970-01-01 UTC].
int64_t first_day(const Call& call) {
  const int64_t days = integer_parameter(call, "days", 1, kDaysMax).value_or(kDaysDefault);
  return call.now_s / kSecondsPerDay - days + 1;
}

// What is not known is null.
boost::json::object sample_document(const Sample& sample) {
  boost::json::object document = {{"start", sample.start_s},
                                  {"span_s", sample.span_s},
                                  {"version", text_or_null(sample.version)},
                                  {"boot_state", text_or_null(sample.boot_state)},
                                  {"uptime_s", nullptr},
                                  {"reset_reason", nullptr},
                                  {"resets", sample.resets},
                                  {"heap_bytes", nullptr},
                                  {"rssi_dbm", nullptr}};
  if (sample.uptime_s != kUptimeUnknown) document["uptime_s"] = sample.uptime_s;
  if (sample.reset_reason != ResetReason::unknown) {
    document["reset_reason"] = std::string_view(name(sample.reset_reason).data);
  }
  if (sample.heap_low_water_bytes != 0) document["heap_bytes"] = sample.heap_low_water_bytes;
  if (sample.rssi_dbm != 0) document["rssi_dbm"] = sample.rssi_dbm;
  return document;
}

}  // namespace

Response list_history(const Call& call) {
  allow_parameters(call, {"limit", "cursor"});
  const Page page = read_page(call, "history", 1);
  SampleQuery query;
  query.device = named(call);
  if (!call.backend.store.device(query.device).has_value()) {
    throw HttpError(Problem::not_found, "there is no such device");
  }
  if (!page.after.empty()) {
    query.before_s = static_cast<int64_t>(number_in(page.after[0], INT64_MAX));
  }
  query.count_max = page.count_to_read();
  call.backend.sightings.flush(call.backend.store);
  return page_response(
      "samples", show_page(page, "history", call.backend.store.samples(query), sample_document,
                           [](const Sample& last) { return Place{std::to_string(last.start_s)}; }));
}

Response count_versions(const Call& call) {
  allow_parameters(call, {"days"});
  const int64_t from_day = first_day(call);
  known_product(call, named(call));
  call.backend.sightings.flush(call.backend.store);
  boost::json::array counts;
  for (const VersionCount& count : call.backend.store.version_counts(named(call), from_day)) {
    counts.push_back({{"day", count.day * kSecondsPerDay},
                      {"version", text_or_null(count.version)},
                      {"devices", count.devices}});
  }
  return json_response(200, {{"product", named(call)}, {"counts", std::move(counts)}});
}

Response rank_failures(const Call& call) {
  allow_parameters(call, {"days"});
  const int64_t from_s = first_day(call) * kSecondsPerDay;
  known_product(call, named(call));
  boost::json::array failures;
  for (const FailureCount& count : call.backend.store.failure_counts(named(call), from_s)) {
    failures.push_back({{"outcome", name(count.outcome)},
                        {"error", text_or_null(count.error)},
                        {"version", text_or_null(count.version)},
                        {"devices", count.devices},
                        {"reports", count.reports},
                        {"last", count.last_s}});
  }
  return json_response(200, {{"product", named(call)}, {"failures", std::move(failures)}});
}

}  // namespace otter::server
