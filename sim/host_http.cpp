#include "sim/host_http.h"

#include "ota/http_head.h"
#include "publish/text.h"

namespace otter::sim {
namespace {}  // namespace

HttpResponse map_response_head(const HttpsResponseHead& head) {
  HttpResponse response;
  response.status = static_cast<uint16_t>(head.status);
  for (const auto& [name, value] : head.headers) take_header(name, value, &response);
  return response;
}

HttpsTrust usable_trust(const TlsTrust& trust) {
  constexpr size_t kCertificateSizeMax = 4096;  // [bytes] more than any trust payload
  HttpsTrust out;
  for (JsonItems items(trust.anchors); items.next();) {
    const Result<Text> encoded = items.value().plain_string();
    std::vector<uint8_t> der(kCertificateSizeMax);
    const Result<size_t> size =
        encoded.ok() ? base64_decode(encoded.value, der) : Result<size_t>(encoded.error);
    if (!size.ok()) continue;
    der.resize(size.value);
    if (is_certificate(der)) out.anchors.push_back(std::move(der));
  }
  for (JsonItems items(trust.pins); items.next();) {
    const Result<Text> hex = items.value().plain_string();
    const Result<Digest> pin = hex.ok() ? digest_from_hex(hex.value) : Result<Digest>(hex.error);
    if (pin.ok()) out.pins.push_back(pin.value);
  }
  return out;
}

HostHttp::HostHttp(HttpsClientSettings server, std::function<void(const std::string&)> on_error)
    : server_(std::move(server)), on_error_(std::move(on_error)), main_(server_) {}

HttpsClient& HostHttp::choose(const HttpsEndpoint& endpoint, bool verify_peer) {
  std::string place = endpoint.tls ? (verify_peer ? "https " : "unverified ") : "http ";
  place += endpoint.host + " " + endpoint.port;
  if (!other_ || place != other_place_) {
    HttpsClientSettings settings = server_;
    settings.endpoint = endpoint;
    settings.verify_peer = verify_peer;
    other_ = std::make_unique<HttpsClient>(std::move(settings));
    other_place_ = std::move(place);
  }
  return *other_;
}

Error HostHttp::open(const HttpRequest& request, HttpResponse* response) {
  close();
  const bool is_server = request.origin.empty();
  const Result<HttpsEndpoint> endpoint =
      is_server ? Result<HttpsEndpoint>(server_.endpoint) : parse_origin(request.origin);
  OTTER_TRY(endpoint.error);
  open_ = is_server && request.verify_peer ? &main_ : &choose(endpoint.value, request.verify_peer);
  std::vector<std::pair<std::string, std::string>> headers;
  for (size_t i = 0; i < request.header_count; ++i) {
    headers.emplace_back(string_of(request.headers[i].name), string_of(request.headers[i].value));
  }
  const char* method = request.method == HttpMethod::get ? "GET" : "POST";
  HttpsResponseHead head;
  const Error error = open_->open(method, string_of(request.target), headers, request.body, &head);
  tell(error);
  *response = map_response_head(head);
  return error;
}

Result<size_t> HostHttp::read(MutableBytes out) {
  if (open_ == nullptr) return Error::network_closed;
  const Result<size_t> size = open_->read(out);
  tell(size.error);
  return size;
}

void HostHttp::close() {
  if (open_ != nullptr) open_->close();
}

// Kept connections end here, so that whoever is trusted no more is told nothing more.
void HostHttp::use_trust(const TlsTrust& trust) {
  HttpsTrust usable = usable_trust(trust);
  if (usable.anchors.empty() && usable.pins.empty()) return;
  open_ = nullptr;
  server_.trust = std::move(usable);
  main_ = HttpsClient(server_);
  other_.reset();
}

void HostHttp::tell(Error error) const {
  if (error != Error::ok && on_error_) on_error_(open_->detail());
}

}  // namespace otter::sim
