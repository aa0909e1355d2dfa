#include "server/health_api.h"

#include "server/json_body.h"

namespace otter::server {

Response serve_alive(const Call&) { return json_response(200, {{"status", "alive"}}); }

Response serve_ready(const Call& call) {
  call.backend.readiness.check(call.backend.store, call.now_s);
  return json_response(200, {{"status", "ready"}});
}

}  // namespace otter::server
