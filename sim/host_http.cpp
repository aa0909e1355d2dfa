#include "sim/host_http.h"

#include <charconv>
#include <optional>
#include <string_view>

namespace otter::sim {
namespace {

constexpr unsigned kPartialContent = 206;

std::string text(Text view) { return std::string(view.data, view.size); }

std::optional<std::string_view> find(const HttpsResponseHead& head, const char* name) {
  const auto found = head.headers.find(name);
  if (found == head.headers.end()) return std::nullopt;
  return std::string_view(found->second);
}

// All of `digits`, or nothing.
template <typename T>
std::optional<T> parse_number(std::string_view digits) {
  T value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

// "bytes 100-199/1000": where the body begins. RFC 9110 section 14.4
std::optional<uint64_t> parse_range_start(std::string_view value) {
  constexpr std::string_view kUnit = "bytes ";
  if (!value.starts_with(kUnit)) return std::nullopt;
  value.remove_prefix(kUnit.size());
  const size_t dash = value.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  return parse_number<uint64_t>(value.substr(0, dash));
}

}  // namespace

Error map_response_head(const HttpsResponseHead& head, HttpResponse* response) {
  *response = HttpResponse();
  response->status = static_cast<uint16_t>(head.status);
  if (const auto length = find(head, "content-length")) {
    response->content_length = parse_number<uint64_t>(*length).value_or(kLengthUnknown);
  }
  if (const auto delay = find(head, "retry-after")) {
    // The other form, a date, is not for devices that may have no clock.
    response->retry_after_s = parse_number<uint32_t>(*delay).value_or(0);
  }
  const auto etag = find(head, "etag");
  if (etag && etag->size() <= kEtagSizeMax) etag->copy(response->etag, kEtagSizeMax);
  const auto location = find(head, "location");
  if (location && location->size() <= kLocationSizeMax) {
    location->copy(response->location, kLocationSizeMax);
  }
  if (head.status != kPartialContent) return Error::ok;
  const auto range = find(head, "content-range");
  const std::optional<uint64_t> start = range ? parse_range_start(*range) : std::nullopt;
  if (!start) return Error::malformed;
  response->range_start = *start;
  return Error::ok;
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
    headers.emplace_back(text(request.headers[i].name), text(request.headers[i].value));
  }
  const char* method = request.method == HttpMethod::get ? "GET" : "POST";
  HttpsResponseHead head;
  const Error error = open_->open(method, text(request.target), headers, request.body, &head);
  tell(error);
  return error == Error::ok ? map_response_head(head, response) : error;
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
