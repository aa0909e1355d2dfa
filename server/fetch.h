// One HTTPS request to another server, with bounds on how long it takes and how much it answers.
// Redirects are not followed. Any thread; blocks.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "ota/wire/error.h"

namespace otter::server {

constexpr size_t kFetchSizeMax = 256 * 1024;  // [bytes] of an answer's body
constexpr int64_t kFetchTimeMax = 10;         // [s] for all of it, but for one operation more

struct Fetch {
  std::string method = "GET";
  std::string url = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  std::string ca_file = {};  // PEM; the only authority trusted; empty: the system's
};

struct Fetched {
  Error error = Error::ok;
  std::string detail = {};  // what went wrong, for a person
  unsigned status = 0;      // of HTTP
  std::string body = {};
};

using Fetcher = std::function<Fetched(const Fetch&)>;

// Errors, in the answer: malformed (no https URL, an answer over kFetchSizeMax or not HTTP),
//         unsupported, network_unreachable, network_timeout, network_closed, tls_untrusted,
//         settings_io
Fetched fetch_https(const Fetch& fetch);

}  // namespace otter::server
