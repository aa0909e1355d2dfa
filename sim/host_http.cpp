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
  if (head.status != kPartialContent) return Error::ok;
  const auto range = find(head, "content-range");
  const std::optional<uint64_t> start = range ? parse_range_start(*range) : std::nullopt;
  if (!start) return Error::malformed;
  response->range_start = *start;
  return Error::ok;
}

Error HostHttp::open(const HttpRequest& request, HttpResponse* response) {
  std::vector<std::pair<std::string, std::string>> headers;
  for (size_t i = 0; i < request.header_count; ++i) {
    headers.emplace_back(text(request.headers[i].name), text(request.headers[i].value));
  }
  const char* method = request.method == HttpMethod::get ? "GET" : "POST";
  HttpsResponseHead head;
  const Error error = client_.open(method, text(request.target), headers, request.body, &head);
  tell(error);
  return error == Error::ok ? map_response_head(head, response) : error;
}

Result<size_t> HostHttp::read(MutableBytes out) {
  const Result<size_t> size = client_.read(out);
  tell(size.error);
  return size;
}

void HostHttp::tell(Error error) const {
  if (error != Error::ok && on_error_) on_error_(client_.detail());
}

}  // namespace otter::sim
