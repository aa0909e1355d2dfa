#include "server/router.h"

#include <string_view>

#include "publish/host_crypto.h"
#include "server/access.h"
#include "server/change.h"
#include "server/http_metrics.h"
#include "server/routes.h"

namespace otter::server {
namespace {

bool matches(std::string_view pattern, const Target& target) {
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

// What a log line may say of a target: a query is where people put keys by mistake.
std::string without_query(const std::string& target) { return target.substr(0, target.find('?')); }

bool is_change(const Route& route) {
  const bool is_read = std::string_view(route.method) == "GET";
  return !is_read && route.right >= Right::view && route.audit == Audit::entry;
}

// What an audit entry says of a request whose handler says nothing.
void name_change(const Route& route, const Call& call) {
  call.change.action = std::string(route.method) + " " + route.pattern;
  call.change.subject = escape_for_log(without_query(call.request.target));
}

std::string text_of(unsigned status) { return std::to_string(status); }

}  // namespace

Router::Router(Backend& backend)
    : backend_(backend), rates_(backend.settings.limits.requests_per_key_per_s) {}

Response Router::handle(const Request& request) {
  Response response;
  Origin origin;
  try {
    response = dispatch(request, &origin);
  } catch (const HttpError& error) {
    response = refused(request, error);
  } catch (const StoreError& error) {
    response = faulty(
        request, HttpError(Problem::store_unavailable, "try again later", {{"Retry-After", "30"}}),
        error.what());
  } catch (const std::exception& error) {
    response = faulty(request, HttpError(Problem::internal, "a fault in the server; see its log"),
                      error.what());
  }
  response.head_only = request.method == "HEAD";
  response.route = origin.route;
  response.device = std::move(origin.device);
  return response;
}

Response Router::dispatch(const Request& request, Origin* origin) {
  Target target = parse_target(request.target);
  const Route& route = find_route(request.method, target);
  origin->route = &route;
  check_rate(request);
  HostCrypto crypto;
  Call call{request, target, backend_, crypto, backend_.now_s()};
  if (route.right == Right::key) {
    call.caller = authenticate(call);
    origin->device = call.caller.device_id();
  } else if (route.right != Right::none) {
    call.who = require_right(call, route.right);
  }
  keep_to_product(call, route.scope, target);
  if (!is_change(route)) return route.handler(call);
  name_change(route, call);
  return make_change(call, [&] { return route.handler(call); });
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

Response Router::refused(const Request& request, const HttpError& error) {
  backend_.log.warning("Request refused: " + error.code, {{"status", text_of(error.status)},
                                                          {"method", request.method},
                                                          {"path", without_query(request.target)},
                                                          {"detail", error.what()},
                                                          {"remote", request.remote}});
  return problem_response(error);
}

Response Router::faulty(const Request& request, const HttpError& error, const char* what) {
  backend_.log.error("Request failed: " + error.code, {{"status", text_of(error.status)},
                                                       {"method", request.method},
                                                       {"path", without_query(request.target)},
                                                       {"detail", what},
                                                       {"remote", request.remote}});
  return problem_response(error);
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
  return problem_response(status, detail);
}

}  // namespace otter::server
