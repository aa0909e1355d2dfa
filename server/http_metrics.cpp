#include "server/http_metrics.h"

namespace otter::server {

Counter& limit_hits(Metrics& metrics, Limit limit) {
  return metrics.counter({"otter_limit_hits_total", "How often a limit was hit"},
                         {{"limit", name(limit)}});
}

HttpMetrics::HttpMetrics(Metrics& metrics)
    : connections(metrics.gauge({"otter_http_connections", "Open connections"})),
      sent_bytes(metrics.counter(
          {"otter_http_sent_bytes_total", "Bytes of answers that were sent, without TLS"})),
      metrics_(metrics) {
  for (size_t i = 0; i < kLimitCount; ++i) {
    limits_[i] = &limit_hits(metrics, static_cast<Limit>(i));
  }
}

void HttpMetrics::shook_hands(const char* version, const char* result) {
  metrics_
      .counter({"otter_tls_handshakes_total", "TLS handshakes by version and result"},
               {{"version", version}, {"result", result}})
      .add();
}

}  // namespace otter::server
