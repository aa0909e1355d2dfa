#include "server/fleet_metrics.h"

#include <map>

#include "ota/wire/checkin.h"
#include "ota/wire/manifest.h"

namespace otter::server {
namespace {

// [s since 1970-01-01 UTC] 0: never
int64_t expires_at_s(const Release& release) {
  const Result<Envelope> envelope = parse_envelope(release.envelope);
  if (!envelope.ok()) return 0;
  const Result<Manifest> manifest = parse_manifest(as_text(envelope.value.body));
  return manifest.ok() ? manifest.value.expires_s : 0;
}

}  // namespace

void count_checkin(Metrics& metrics, const std::string& product, bool offered) {
  metrics
      .counter({"otter_checkins_total", "Check-ins answered, by what they were told"},
               {{"product", product}, {"told", offered ? "release" : "nothing"}})
      .add();
}

void count_unreadable_metrics(Metrics& metrics, const std::string& product) {
  metrics
      .counter({"otter_device_metrics_unreadable_total",
                "Check-ins whose X-Otter-Metrics could not be read"},
               {{"product", product}})
      .add();
}

void count_download(Metrics& metrics, const Release& release, uint64_t offset, uint64_t size) {
  const MetricLabels labels = {{"product", release.product}, {"version", release.version}};
  metrics.counter({"otter_download_bytes_total", "Bytes of images that were asked for"}, labels)
      .add(size);
  if (offset > 0) return;
  metrics.counter({"otter_downloads_total", "Downloads that were begun"}, labels).add();
}

void note_expiry(Metrics& metrics, const std::vector<ReleasePtr>& releases) {
  const Release* before = nullptr;
  for (const ReleasePtr& release : releases) {
    const bool is_newest = before == nullptr || before->product != release->product ||
                           before->channel != release->channel;
    before = release.get();
    if (!is_newest) continue;
    metrics
        .gauge({"otter_release_expires_seconds",
                "When the newest release of a channel expires, since 1970; 0: never"},
               {{"product", release->product}, {"channel", release->channel}})
        .set(expires_at_s(*release));
  }
}

void note_overdue(Metrics& metrics, Store& store, const FilterMoment& moment) {
  constexpr double kLateMax = 2;  // [check intervals]
  std::map<std::string, int64_t> counts;
  for (const ProductSummary& product : store.products({})) counts[product.product.name] = 0;
  DeviceQuery query;
  query.standing = Standing::enrolled;
  query.seen_before_s = moment.now_s - 3 * moment.check_interval_s;  // own ones are no shorter
  query.fits = [&](const DeviceSummary& device) {
    if (lateness(device.device, moment) > kLateMax) ++counts[device.device.product];
    return false;  // counted, not listed
  };
  store.devices(query);
  for (const auto& [product, count] : counts) {
    metrics
        .gauge({"otter_devices_overdue",
                "Devices with a key that are more than two check intervals overdue"},
               {{"product", product}})
        .set(count);
  }
}

void count_report(Metrics& metrics, const Report& report) {
  metrics
      .counter({"otter_outcomes_total", "Reports by product, release and outcome"},
               {{"product", report.product},
                {"version", report.release_version},
                {"outcome", name(*report.outcome)}})
      .add();
}

}  // namespace otter::server
