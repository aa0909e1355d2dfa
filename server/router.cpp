#include "server/router.h"

#include <string_view>

#include "publish/host_crypto.h"
#include "server/access.h"
#include "server/change.h"
#include "server/enrolment_api.h"
#include "server/guard.h"
#include "server/health_api.h"
#include "server/http_metrics.h"
#include "server/openid_api.h"
#include "server/routes.h"
#include "server/security_headers.h"
#include "server/session_api.h"
#include "server/upload_api.h"

namespace otter::server {
namespace {

bool matches(std::string_view pattern, const Target& target) {
  if (target.segments.empty()) return pattern == "/";
  for (const std::string& segment : target.segments) {
    if (pattern.empty()) return false;
    pattern.remove_prefix(1);  // the slash
    const std::string_view expected = pattern.substr(0, pattern.find('/'));
    if (expected != "*" && expected != segment) return false;
    pattern.remove_prefix(expected.size());
  }
  return pattern.empty();
}

// Errors: HttpError not_found, method_not_allowed
const Route& find_route(const std::string& method, const Target& target) {
  const char* pattern = nullptr;
  std::string allowed;
  for (const Route& route : routes()) {
    if (pattern == nullptr && matches(route.pattern, target)) pattern = route.pattern;
    if (pattern == nullptr || std::string_view(pattern) != route.pattern) continue;
    const bool is_get = std::string_view(route.method) == "GET";
    if (method == route.method || (is_get && method == "HEAD")) return route;
    allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
    if (is_get) allowed += ", HEAD";
  }
  if (pattern == nullptr) throw HttpError(Problem::not_found, "there is no such path");
  throw HttpError(Problem::method_not_allowed, "the path knows " + allowed, {{"Allow", allowed}});
}

// What opens more than enrolment with a product's key alone.
void require_plain(const Call& call) {
  if (call.caller.device.has_value() || call.caller.product.allows_plain) return;
  throw HttpError(Problem::forbidden, "the product's devices use keys of their own: enrol first");
}

bool is_change(const Route& route) {
  const bool is_read = std::string_view(route.method) == "GET";
  return !is_read && route.right >= Right::view && route.audit == Audit::entry;
}

// What an audit entry says of a request whose handler says nothing.
void name_change(const Route& route, const Call& call) {
  call.change.action = std::string(route.method) + " " + route.pattern;
  call.change.subject = escape_for_log(without_query(call.request.target));
}

Response handle_with_audit(const Route& route, const Call& call) {
  if (!is_change(route)) return route.handler(call);
  name_change(route, call);
  return make_change(call, [&] { return route.handler(call); });
}

std::string text_of(unsigned status) { return std::to_string(status); }

// An operator's may: a password, a whole table. Enrolment, logs and core dumps wait for the disk,
// who signs in for an identity provider. A report waits elsewhere: report_queue.h.
bool takes_long(const Route& route) {
  return route.right > Right::key || route.handler == enroll_device || route.handler == take_log ||
         route.handler == take_dump || route.handler == begin_session ||
         route.handler == begin_openid || route.handler == end_openid ||
         route.handler == serve_ready;
}

// No browser shows these, and each byte of their heads is sent to each device.
bool is_for_devices(const Route* route) {
  return route != nullptr && std::string_view(route->pattern).starts_with("/firmware/");
}

}  // namespace

Router::Router(Backend& backend, Aside aside)
    : backend_(backend),
      aside_(std::move(aside)),
      rates_(backend.settings.limits.requests_per_key_per_s) {}

Response Router::handle(const Request& request) {
  const auto origin = std::make_shared<Origin>();
  Response response = guarded(backend_.log, request, [&] { return dispatch(request, origin); });
  return finished(std::move(response), request, origin);
}

// With what the engine has to know of it.
Response Router::finished(Response response, const Request& request, const OriginPtr& origin) {
  response.head_only = request.method == "HEAD";
  response.route = origin->route;
  response.device = origin->device;
  if (!response.later) {
    if (!is_for_devices(origin->route)) add_security_headers(response, backend_.settings.hsts_s);
    return response;
  }
  response.later = [this, &request, origin, later = std::move(response.later)](Reply reply) {
    later([this, &request, origin, reply = std::move(reply)](Response answer) {
      reply(finished(std::move(answer), request, origin));
    });
  };
  return response;
}

Response Router::dispatch(const Request& request, const OriginPtr& origin) {
  Target target = parse_target(request.target);
  const Route& route = find_route(request.method, target);
  origin->route = &route;
  check_rate(request);
  if (!aside_ || !takes_long(route)) return answer(request, std::move(target), *origin);
  Response response;
  response.later = [this, &request, target = std::move(target), origin](Reply reply) {
    aside_([this, &request, target, origin, reply] {
      reply(guarded(backend_.log, request, [&] { return answer(request, target, *origin); }));
    });
  };
  return response;
}

Response Router::answer(const Request& request, Target target, Origin& origin) {
  const Route& route = *origin.route;
  HostCrypto crypto;
  Call call{request, target, backend_, crypto, backend_.now_s()};
  if (route.right == Right::key) {
    call.caller = authenticate(call);
    origin.device = call.caller.device_id();
    if (route.handler != enroll_device) require_plain(call);
  } else if (route.right != Right::none) {
    call.who = require_right(call, route.right);
  }
  keep_to_product(call, route.scope, target);
  Response response = respond(route, call);
  for (const std::function<void()>& work : call.afterwards) work();
  for (const Event& event : call.events) backend_.events.publish(event, call.now_s);
  return response;
}

Response Router::respond(const Route& route, const Call& call) {
  if (route.right < Right::view) return route.handler(call);
  const auto handle = [&] { return handle_with_audit(route, call); };
  const bool may_repeat = call.request.method == "POST";
  Response response = may_repeat ? idempotency_.answer(call, handle) : handle();
  note_use(call);
  return response;
}

// Only of devices' own keys: a product's is that of a whole fleet.
void Router::check_rate(const Request& request) {
  const std::string* key = request.header("X-API-Key");
  if (key == nullptr || key->find('.') == std::string::npos) return;
  const std::optional<int64_t> wait_s = rates_.admit(*key, std::chrono::steady_clock::now());
  if (!wait_s.has_value()) return;
  limit_hits(backend_.metrics, Limit::requests_per_key_per_s).add();
  throw HttpError(Problem::too_many_requests, "the key asks too often",
                  {{"Retry-After", std::to_string(*wait_s)}});
}

size_t Router::body_size_max(const Request& request) {
  try {
    const Route& route = find_route(request.method, parse_target(request.target));
    if (route.body_size_max <= kDocumentBodyMax) return route.body_size_max;
    HostCrypto crypto;
    const std::optional<Operator> who = operator_of(request, backend_, crypto);
    return who.has_value() && allows(who->role, route.right) ? route.body_size_max
                                                             : kDocumentBodyMax;
  } catch (const std::exception&) {
    return kDocumentBodyMax;  // handle() says what is wrong with it
  }
}

Response Router::refuse(unsigned status, const std::string& remote, const std::string& detail) {
  backend_.log.warning("Request refused: not a request",
                       {{"status", text_of(status)}, {"detail", detail}, {"remote", remote}});
  Response response = problem_response(status, detail);
  add_security_headers(response, backend_.settings.hsts_s);
  return response;
}

}  // namespace otter::server
