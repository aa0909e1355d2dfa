#include "server/fleet_count_api.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <map>

#include "server/json_body.h"
#include "server/known_product.h"
#include "server/query.h"

namespace otter::server {
namespace {

using Counts = std::map<std::string, int64_t>;
using CountRow = std::pair<std::string, int64_t>;

// [s] Seen at most so long ago, and not within the span before it.
constexpr std::array<int64_t, 4> kSpans = {3600, 86'400, 7 * 86'400, 30 * 86'400};

struct FleetCounts {
  int64_t devices = 0;
  Counts versions;
  Counts outcomes;
  Counts boot_states;
  Counts standings;
  Counts reset_reasons;
  std::array<int64_t, kSpans.size() + 1> seen = {};
};

// Of its last check-in; empty: not known.
std::string reset_reason_of(const Device& device) {
  const ResetReason reason = device.health.reset_reason;
  return reason == ResetReason::unknown ? "" : name(reason).data;
}

void count(FleetCounts& counts, const DeviceSummary& summary, int64_t now_s) {
  const Device& device = summary.device;
  ++counts.devices;
  ++counts.versions[device.version];
  ++counts.outcomes[summary.outcome.has_value() ? name(*summary.outcome) : ""];
  ++counts.boot_states[device.boot_state];
  ++counts.standings[name(device.standing)];
  ++counts.reset_reasons[reset_reason_of(device)];
  // Seen at `from` or later is what the list's seen_from means.
  const auto* const span = std::ranges::find_if(
      kSpans, [&](int64_t span_s) { return device.last_seen_s >= now_s - span_s; });
  ++counts.seen[span - kSpans.begin()];
}

// The most devices first.
boost::json::array counted(const char* key, const Counts& counts) {
  std::vector<CountRow> sorted(counts.begin(), counts.end());
  std::ranges::stable_sort(sorted, std::ranges::greater(), &CountRow::second);
  boost::json::array out;
  for (const auto& [text, number] : sorted) {
    boost::json::value word = nullptr;
    if (!text.empty()) word = boost::json::string(text);
    out.push_back({{key, word}, {"devices", number}});
  }
  return out;
}

boost::json::array counted_spans(const FleetCounts& counts) {
  boost::json::array out;
  for (size_t i = 0; i < counts.seen.size(); ++i) {
    boost::json::value within_s = nullptr;
    if (i < kSpans.size()) within_s = kSpans[i];
    out.push_back({{"within_s", within_s}, {"devices", counts.seen[i]}});
  }
  return out;
}

// How many devices run one of the versions that are left out.
int64_t cut_to(boost::json::array& versions, size_t count_max) {
  int64_t others = 0;
  while (versions.size() > count_max) {
    others += versions.back().at("devices").as_int64();
    versions.pop_back();
  }
  return others;
}

}  // namespace

Response count_fleet(const Call& call) {
  allow_parameters(call, {});
  const std::string& product = call.target.segments.at(3);
  known_product(call, product);
  FleetCounts counts;
  DeviceQuery query{.product = product};
  query.fits = [&](const DeviceSummary& summary) {
    count(counts, summary, call.now_s);
    return false;  // counted it is of no more use
  };
  call.backend.sightings.flush(call.backend.store);
  call.backend.store.devices(query);
  boost::json::array versions = counted("version", counts.versions);
  const int64_t others = cut_to(versions, kCountedVersionsMax);
  return json_response(200, {{"product", product},
                             {"at", call.now_s},
                             {"devices", counts.devices},
                             {"versions", std::move(versions)},
                             {"other_versions", others},
                             {"outcomes", counted("outcome", counts.outcomes)},
                             {"boot_states", counted("boot_state", counts.boot_states)},
                             {"standings", counted("standing", counts.standings)},
                             {"reset_reasons", counted("reset_reason", counts.reset_reasons)},
                             {"seen", counted_spans(counts)}});
}

}  // namespace otter::server
