// JSON bodies of the admin API, sent by an operator: the first byte chooses the route. Whatever a
// body says, the server answers with success or a problem document, and the next request too.
#include "fuzz/served.h"
#include "server/routes.h"

namespace otter {
namespace {

std::string path_of(std::string pattern) {
  for (size_t at = pattern.find('*'); at != std::string::npos; at = pattern.find('*')) {
    pattern.replace(at, 1, "lamp");
  }
  return pattern;
}

std::vector<server::Request> requests() {
  std::vector<server::Request> out;
  for (const server::Route& route : server::routes()) {
    const std::string_view method = route.method;
    if (route.right < server::Right::view || method == "GET" || method == "DELETE") continue;
    out.push_back(server::request_of(route.method, path_of(route.pattern),
                                     {{"Authorization", "Bearer " + served().offline.admin_token},
                                      {"Content-Type", "application/json"}}));
  }
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
