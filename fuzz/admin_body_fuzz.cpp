// JSON bodies of the admin API, sent by an operator, of a sign-in and of an enrolment: the first
// byte chooses the route. Whatever a body says, the server answers with success or a problem
// document, and the next request too.
#include "fuzz/served.h"
#include "server/routes.h"

namespace otter {
namespace {

// Product and device are those that are there.
std::string path_of(std::string pattern) {
  for (size_t at = pattern.find('*'); at != std::string::npos; at = pattern.find('*')) {
    pattern.replace(at, 1, pattern.substr(0, at).ends_with("/devices/") ? "lamp-7" : "lamp");
  }
  return pattern;
}

server::Request json_request(const std::string& method, const std::string& path,
                             const std::string& header, const std::string& value) {
  return server::request_of(method, path, {{header, value}, {"Content-Type", "application/json"}});
}

std::vector<server::Request> requests() {
  std::vector<server::Request> out;
  for (const server::Route& route : server::routes()) {
    const std::string_view method = route.method;
    if (route.right < server::Right::view || method == "GET" || method == "DELETE") continue;
    out.push_back(json_request(route.method, path_of(route.pattern), "Authorization",
                               "Bearer " + served().offline.admin_token));
  }
  // Below all rights: what comes before there is a session, or a device's key.
  out.push_back(json_request("POST", "/api/v1/session", "X-Request-Id", "1"));
  out.push_back(json_request("POST", "/firmware/enroll", "X-API-Key", served().offline.api_key));
  return out;
}

}  // namespace
}  // namespace otter

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  static const std::vector<server::Request> all = requests();
  if (size == 0) return 0;
  server::Request request = all[data[0] % all.size()];
  request.body.assign(reinterpret_cast<const char*>(data) + 1, size - 1);
  served().answer(request);
  return 0;
}
