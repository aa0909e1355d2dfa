// A server in memory that speaks plain mode: one release, and the reports that came. For tests of
// whole devices. One caller at a time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ota/http.h"

namespace otter::sim {

struct PlainServer {
  std::string hmac_secret = "secret";
  std::string version;         // empty: there is no release
  std::vector<uint8_t> image;  // of the release
  bool is_up = true;
  std::vector<std::string> reports;  // bodies, as they came

  // A connection to it. The server must outlive it.
  std::unique_ptr<Http> connect();
};

}  // namespace otter::sim
