// A server without sockets, for fuzz targets: one product, one release, one enrolled device; and
// what must hold of any answer. One thread.
#pragma once

#include <string>
#include <utility>

#include "fuzz/require.h"
#include "server/server_fixture.h"

namespace otter {

class Served {
 public:
  Served() {
    offline.settings.limits.requests_per_key_per_s = 0;  // a fuzzer is faster
    device_key = offline.enroll("lamp-7");
    otter::require(offline.publish("1.0.0", 1).status == 201, "the release is published");
  }

  // The answer to a request; it is one that the documents name, and never a fault of the server.
  server::Response answer(const server::Request& request) {
    server::Response response = server::awaited(router().handle(request));
    offline.log_lines.str({});
    otter::require(response.status < 500, "no request makes the server fail");
    const bool is_problem =
        server::header_of(response, "Content-Type") == "application/problem+json";
    otter::require((response.status >= 400) == is_problem, "what is refused is a problem document");
    return response;
  }

  server::OfflineServer offline;
  std::string device_key;

 private:
  server::Router& router() {
    static server::Router with_its_settings(offline.backend);
    return with_its_settings;
  }
};

// Made once: it takes longer than thousands of inputs.
inline Served& served() {
  static Served one;
  return one;
}

}  // namespace otter
