// Requests as metrics: how many by route, method and status, and how long they took by route. Any
// thread.
#pragma once

#include <array>
#include <vector>

#include "server/http.h"
#include "server/metrics.h"

namespace otter::server {

class RequestMetrics {
 public:
  // `metrics` must outlive it.
  explicit RequestMetrics(Metrics& metrics);

  void count(const Exchange& exchange);

 private:
  // A route's counters are made when their status first occurs, and then found without a lock.
  struct OfRoute {
    Histogram* duration = nullptr;
    std::array<std::atomic<Counter*>, 500> by_status = {};  // from 100 on
  };

  Counter& make_counter(const Route* route, unsigned status);

  Metrics& metrics_;
  std::vector<OfRoute> routes_;  // as routes(); the last: requests that no route answered
};

}  // namespace otter::server
