#include "server/metrics_api.h"

#include <fstream>

#include "server/access.h"
#include "server/fleet_metrics.h"
#include "server/peer_address.h"
#include "server/problem.h"
#include "server/secrets.h"

namespace otter::server {
namespace {

// Read each time, so that it can be changed without a restart.
bool bears_metrics_token(const Call& call) {
  const std::string& file = call.backend.settings.metrics_token_file;
  const std::optional<std::string> sent = bearer_token(call.request);
  std::string known;
  if (file.empty() || !sent.has_value() || !(std::ifstream(file) >> known)) return false;
  return equal_constant_time(hash_secret(call.crypto, *sent).bytes,
                             hash_secret(call.crypto, known).bytes);
}

void check_reader(const Call& call) {
  const ServerSettings& settings = call.backend.settings;
  if (settings.metrics == MetricsReader::nobody) {
    throw HttpError(Problem::not_found, "the setting server.metrics is \"off\"");
  }
  if (settings.metrics == MetricsReader::loopback && is_loopback(call.request.remote)) return;
  if (bears_metrics_token(call)) return;
  const Operator who = require_right(call, Right::view);
  if (who.product.empty()) return;
  throw HttpError(Problem::forbidden,
                  "the metrics are all products', the token is good for " + who.product + " alone");
}

}  // namespace

Response serve_metrics(const Call& call) {
  check_reader(call);
  call.backend.sightings.flush(call.backend.store);
  note_overdue(call.backend.metrics, call.backend.store,
               {call.now_s, call.backend.settings.check_interval_s});
  note_expiry(call.backend.metrics, call.backend.lookups.releases({}));
  Response response;
  response.headers = {{"Content-Type", kMetricsType}, {"Cache-Control", "no-store"}};
  response.body = call.backend.metrics.text();
  return response;
}

}  // namespace otter::server
