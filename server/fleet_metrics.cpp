#include "server/fleet_metrics.h"

namespace otter::server {

void count_checkin(Metrics& metrics, const std::string& product, bool offered) {
  metrics
      .counter({"otter_checkins_total", "Check-ins answered, by what they were told"},
               {{"product", product}, {"told", offered ? "release" : "nothing"}})
      .add();
}

void count_download(Metrics& metrics, const Release& release, uint64_t offset, uint64_t size) {
  const MetricLabels labels = {{"product", release.product}, {"version", release.version}};
  metrics.counter({"otter_download_bytes_total", "Bytes of images that were asked for"}, labels)
      .add(size);
  if (offset > 0) return;
  metrics.counter({"otter_downloads_total", "Downloads that were begun"}, labels).add();
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
