#include "sim/lossy_http.h"

namespace otter::sim {

Error LossyHttp::open(const HttpRequest& request, HttpResponse* response) {
  http_->close();
  if (dice_.chance(rates_.lost)) return Error::network_timeout;
  if (dice_.chance(rates_.doubled)) {
    const Error first = http_->open(request, response);  // nobody's answer
    if (first == Error::ok) http_->close();
  }
  OTTER_TRY(http_->open(request, response));
  if (!dice_.chance(rates_.lost)) return Error::ok;
  http_->close();
  return Error::network_timeout;
}

}  // namespace otter::sim
