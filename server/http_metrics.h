// What the HTTP engine counts. Any thread.
#pragma once

#include <array>

#include "server/limits.h"
#include "server/metrics.h"

namespace otter::server {

// How often a limit was hit.
Counter& limit_hits(Metrics& metrics, Limit limit);

class HttpMetrics {
 public:
  // `metrics` must outlive it.
  explicit HttpMetrics(Metrics& metrics);

  void hit(Limit limit) { limits_[static_cast<size_t>(limit)]->add(); }
  // `version` is "TLSv1.3"; `result` is "full", "resumed" or "failed", then without a version.
  void shook_hands(const char* version, const char* result);

  Gauge& connections;
  Counter& sent_bytes;  // of answers, without TLS

 private:
  Metrics& metrics_;
  std::array<Counter*, kLimitCount> limits_ = {};
};

}  // namespace otter::server
