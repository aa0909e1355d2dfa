#include "server/events_api.h"

#include "server/query.h"

namespace otter::server {

Response serve_events(const Call& call) {
  allow_parameters(call, {"product"});
  const std::string* last_id = call.request.header("Last-Event-ID");
  return call.backend.events.listen(product_parameter(call), last_id == nullptr ? "" : *last_id,
                                    call.now_s);
}

}  // namespace otter::server
