#include "server/fetch.h"

#include <chrono>

#include "ota/wire/url.h"
#include "publish/https_client.h"

namespace otter::server {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kOperationTimeMax{5};

// The body of the answer that is open. Errors: too large, too slow, broken off
Fetched read_body(HttpsClient& client, Clock::time_point end, Fetched out) {
  uint8_t piece[4096];
  for (;;) {
    const Result<size_t> size = client.read({piece, sizeof piece});
    if (!size.ok()) return {size.error, client.detail()};
    if (size.value == 0) return out;
    out.body.append(reinterpret_cast<const char*>(piece), size.value);
    if (out.body.size() > kFetchSizeMax) return {Error::malformed, "the answer is too large"};
    if (Clock::now() > end) return {Error::network_timeout, "the answer comes too slowly"};
  }
}

}  // namespace

Fetched fetch_https(const Fetch& fetch) {
  const Clock::time_point end = Clock::now() + std::chrono::seconds(kFetchTimeMax);
  const Result<UrlParts> parts = split_url({fetch.url.data(), fetch.url.size()});
  if (!parts.ok()) return {parts.error, "not a URL: " + fetch.url};
  const Result<HttpsEndpoint> endpoint = parse_https_url(parts.value.origin);
  if (!endpoint.ok()) return {endpoint.error, "not an https URL: " + fetch.url};
  HttpsClientSettings settings;
  settings.endpoint = endpoint.value;
  settings.ca_file = fetch.ca_file;
  settings.timeout = kOperationTimeMax;
  HttpsClient client(settings);
  HttpsResponseHead head;
  const Text target = parts.value.target;
  const Error error = client.open(fetch.method, {target.data, target.size}, fetch.headers,
                                  as_bytes(fetch.body), &head);
  if (error != Error::ok) return {error, client.detail()};
  return read_body(client, end, {Error::ok, "", head.status, ""});
}

}  // namespace otter::server
