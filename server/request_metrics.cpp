#include "server/request_metrics.h"

#include <algorithm>

#include "server/routes.h"

namespace otter::server {
namespace {

constexpr MetricName kRequests = {"otter_http_requests_total",
                                  "Requests by route, method and status"};
constexpr MetricName kDuration = {"otter_http_request_seconds",
                                  "From a request's first byte to its answer's last, by route"};
constexpr char kNoRoute[] = "none";

std::string method_and_pattern(const Route& route) {
  return std::string(route.method) + " " + route.pattern;
}

}  // namespace

RequestMetrics::RequestMetrics(Metrics& metrics) : metrics_(metrics), routes_(routes().size() + 1) {
  for (const Route& route : routes()) {
    routes_[static_cast<size_t>(&route - routes().data())].duration =
        &metrics.histogram(kDuration, {{"route", method_and_pattern(route)}});
    make_counter(&route, 200);  // 0 before the first one: that none comes is a figure, too
  }
  routes_.back().duration = &metrics.histogram(kDuration, {{"route", kNoRoute}});
}

Counter& RequestMetrics::make_counter(const Route* route, unsigned status) {
  return metrics_.counter(kRequests, {{"route", route != nullptr ? route->pattern : kNoRoute},
                                      {"method", route != nullptr ? route->method : ""},
                                      {"status", std::to_string(status)}});
}

void RequestMetrics::count(const Exchange& exchange) {
  const Route* const route = exchange.response.route;
  OfRoute& figures =
      route == nullptr ? routes_.back() : routes_[static_cast<size_t>(route - routes().data())];
  figures.duration->observe(exchange.took);
  const unsigned status = std::clamp(exchange.response.status, 100U, 599U);
  std::atomic<Counter*>& place = figures.by_status[status - 100];
  Counter* counter = place.load(std::memory_order_acquire);
  if (counter == nullptr) {
    counter = &make_counter(route, status);  // of two threads both get the same
    place.store(counter, std::memory_order_release);
  }
  counter->add();
}

}  // namespace otter::server
