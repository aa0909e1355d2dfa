#include "server/router.h"

#include <string_view>

#include "publish/host_crypto.h"
#include "server/access.h"
#include "server/admin_api.h"
#include "server/configuration_api.h"
#include "server/device_api.h"
#include "server/enrolment_api.h"
#include "server/epoch_api.h"
#include "server/release_intake.h"
#include "server/root_api.h"

namespace otter::server {
namespace {

constexpr size_t kReportBodyMax = 16 * 1024;    // [bytes]
constexpr size_t kEnrolBodyMax = 4 * 1024;      // [bytes]
constexpr size_t kDocumentBodyMax = 64 * 1024;  // [bytes] of the admin API
constexpr size_t kNoBodyMax = 1024;             // [bytes] where none is needed

struct Route {
  const char* method;
  const char* pattern;  // "*" stands for one segment
  Response (*handler)(const Call& call);
  size_t body_size_max;
};

// The first pattern that matches a path is the path's; its methods are all that it has.
constexpr Route kRoutes[] = {
    {"GET", "/firmware/manifest", serve_manifest, kNoBodyMax},
    {"POST", "/firmware/report", take_report, kReportBodyMax},
    {"POST", "/firmware/enroll", enroll_device, kEnrolBodyMax},
    {"GET", "/firmware/blob/*", serve_blob, kNoBodyMax},
    {"GET", "/firmware/root/*", serve_root, kNoBodyMax},
    {"GET", "/firmware/trust", serve_trust, kNoBodyMax},
    {"GET", "/firmware/*", serve_version, kNoBodyMax},
    {"POST", "/api/v1/products", add_product, kDocumentBodyMax},
    {"GET", "/api/v1/products", list_products, kNoBodyMax},
    {"GET", "/api/v1/products/*", show_product, kNoBodyMax},
    {"POST", "/api/v1/products/*/keys", add_product_key, kDocumentBodyMax},
    {"PUT", "/api/v1/products/*/config", add_configuration, kDocumentBodyMax},
    {"POST", "/api/v1/products/*/config", use_configuration, kDocumentBodyMax},
    {"GET", "/api/v1/products/*/config", show_configuration, kNoBodyMax},
    {"PUT", "/api/v1/blobs/*", put_blob, kBlobSizeMax},
    {"POST", "/api/v1/releases", add_release, kDocumentBodyMax},
    {"GET", "/api/v1/releases", list_releases, kNoBodyMax},
    {"POST", "/api/v1/root", publish_root, kDocumentBodyMax},
    {"POST", "/api/v1/trust", publish_trust, kDocumentBodyMax},
    {"POST", "/api/v1/keys/release", add_release_key, kDocumentBodyMax},
    {"GET", "/api/v1/keys/release", list_release_keys, kNoBodyMax},
    {"GET", "/api/v1/keys/epoch", show_epoch, kNoBodyMax},
    {"POST", "/api/v1/keys/epoch", begin_epoch, kDocumentBodyMax},
    {"GET", "/api/v1/devices", list_devices, kNoBodyMax},
    {"POST", "/api/v1/devices", provision_device, kDocumentBodyMax},
    {"GET", "/api/v1/devices/*/reports", list_reports, kNoBodyMax},
};

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
  for (const Route& route : kRoutes) {
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

std::string text_of(unsigned status) { return std::to_string(status); }

}  // namespace

Response Router::handle(const Request& request) {
  Response response;
  try {
    response = dispatch(request);
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
  return response;
}

Response Router::dispatch(const Request& request) {
  const Target target = parse_target(request.target);
  const Route& route = find_route(request.method, target);
  HostCrypto crypto;
  return route.handler({request, target, backend_, crypto, backend_.now_s()});
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
    return is_admin(request, backend_.store, crypto) ? route.body_size_max : kDocumentBodyMax;
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
