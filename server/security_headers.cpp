#include "server/security_headers.h"

#include <algorithm>

namespace otter::server {
namespace {

void add(Response& response, const char* name, const std::string& value) {
  const bool is_there = std::any_of(response.headers.begin(), response.headers.end(),
                                    [&](const auto& header) { return header.first == name; });
  if (!is_there) response.headers.emplace_back(name, value);
}

}  // namespace

void add_security_headers(Response& response, uint32_t hsts_s) {
  add(response, "X-Content-Type-Options", "nosniff");
  add(response, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  add(response, "Referrer-Policy", "no-referrer");
  add(response, "Cache-Control", "no-store");
  if (hsts_s > 0) {
    add(response, "Strict-Transport-Security", "max-age=" + std::to_string(hsts_s));
  }
}

}  // namespace otter::server
