#include "server/access_log.h"

namespace otter::server {

void log_access(Log& log, const Exchange& exchange) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(exchange.took).count();
  log.info("Answered",
           {{"method", exchange.request.method},
            {"path", exchange.request.target.substr(0, exchange.request.target.find('?'))},
            {"status", std::to_string(exchange.response.status)},
            {"bytes", std::to_string(exchange.sent_bytes)},
            {"us", std::to_string(us)},
            {"device", exchange.response.device},
            {"remote", exchange.request.remote}});
}

}  // namespace otter::server
