#include "ota_esp/esp_http.h"

#include <esp_tls.h>
#include <stdio.h>

#include "ota/http_head.h"

namespace otter {
namespace {

// A line of a head must fit: X-Otter-Device or X-Otter-Metrics in a request, Location in an answer.
constexpr int kBufferSize = 1024;  // [bytes]
// The rest of an answer that is read to keep the connection, rather than make a new one. [bytes]
constexpr uint64_t kDrainMax = 2048;
constexpr char kHttps[] = "https://";

// "https://host:port" without scheme and port.
Text host_of(Text origin) {
  const size_t begin = starts_with(origin, kHttps) ? sizeof(kHttps) - 1 : sizeof("http://") - 1;
  const Text rest = origin.part(begin);
  size_t size = 0;
  while (size < rest.size && rest.data[size] != ':') ++size;
  return rest.part(0, size);
}

void copy(Text text, char* out) {
  memcpy(out, text.data, text.size);
  out[text.size] = 0;
}

}  // namespace

// Makes client_ the one for this request's host: the present one, or a new one.
Error EspHttp::choose(const HttpRequest& request) {
  char server[kOriginSizeMax + 1];
  const int size = snprintf(server, sizeof(server), "%s%s:%u", kHttps, config_.host,
                            static_cast<unsigned>(config_.port));
  if (size < 0 || size > static_cast<int>(kOriginSizeMax)) return Error::malformed;
  const Text origin = request.origin.empty() ? Text(server) : request.origin;
  if (!is_origin(origin)) return Error::malformed;
  if (client_ != nullptr && origin == Text(origin_) && request.verify_peer == verify_peer_) {
    return Error::ok;
  }
  drop();
  copy(origin, origin_);
  copy(host_of(origin), host_);
  verify_peer_ = request.verify_peer;
  esp_http_client_config_t config = {};
  config.url = origin_;
  config.timeout_ms = static_cast<int>(config_.timeout_ms);
  config.disable_auto_redirect = true;
  config.event_handler = on_event;
  config.user_data = this;
  config.buffer_size = kBufferSize;
  config.buffer_size_tx = kBufferSize;
  config.keep_alive_enable = true;
  if (starts_with(origin, kHttps)) config.crt_bundle_attach = TlsTrustStore::attach;
  client_ = esp_http_client_init(&config);
  return client_ != nullptr ? Error::ok : Error::low_memory;
}

Error EspHttp::open(const HttpRequest& request, HttpResponse* response) {
  close();
  OTTER_TRY(choose(request));
  const bool was_used = is_used_;
  Error error = open_once(request, response);
  // The server may have closed a connection that was kept: then it has not seen the request.
  if (was_used && group(error) == ErrorGroup::world) {
    drop();
    OTTER_TRY(choose(request));
    error = open_once(request, response);
  }
  is_open_ = error == Error::ok;
  left_ = response->content_length;
  if (!is_open_) drop();
  return error;
}

Error EspHttp::open_once(const HttpRequest& request, HttpResponse* response) {
  *response = HttpResponse();
  head_ = response;
  Error error = set_request(request);
  if (error == Error::ok) error = exchange(request, response);
  forget_headers(request);
  head_ = nullptr;
  return error;
}

Error EspHttp::set_request(const HttpRequest& request) {
  const char* url = terminated(origin_, request.target);
  if (url == nullptr || esp_http_client_set_url(client_, url) != ESP_OK) return Error::malformed;
  const bool is_post = request.method == HttpMethod::post;
  esp_http_client_set_method(client_, is_post ? HTTP_METHOD_POST : HTTP_METHOD_GET);
  for (size_t i = 0; i < request.header_count; ++i) {
    const HttpHeader& header = request.headers[i];
    char name[32];
    if (header.name.size >= sizeof(name)) return Error::malformed;
    copy(header.name, name);
    const char* value = terminated(header.value);
    if (value == nullptr) return Error::malformed;
    if (esp_http_client_set_header(client_, name, value) != ESP_OK) return Error::low_memory;
  }
  return Error::ok;
}

Error EspHttp::exchange(const HttpRequest& request, HttpResponse* response) {
  trust_.expect(host_, verify_peer_);
  connect_error_ = ESP_OK;
  const int body_size = static_cast<int>(request.body.size);
  if (esp_http_client_open(client_, body_size) != ESP_OK) return why_not_connected();
  const char* body = reinterpret_cast<const char*>(request.body.data);
  if (body_size > 0 && esp_http_client_write(client_, body, body_size) != body_size) {
    return Error::network_closed;
  }
  const int64_t length = esp_http_client_fetch_headers(client_);
  if (length == -ESP_ERR_HTTP_EAGAIN) return Error::network_timeout;
  if (length < 0) return Error::network_closed;
  response->status = static_cast<uint16_t>(esp_http_client_get_status_code(client_));
  return Error::ok;
}

// What one request carries is not for the next: it may go to another path of this host.
void EspHttp::forget_headers(const HttpRequest& request) {
  for (size_t i = 0; i < request.header_count; ++i) {
    const char* name = terminated(request.headers[i].name);
    if (name != nullptr) esp_http_client_delete_header(client_, name);
  }
}

Error EspHttp::why_not_connected() const {
  if (trust_.has_refused()) return Error::tls_untrusted;
  const bool is_late = connect_error_ == ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT;
  return is_late ? Error::network_timeout : Error::network_unreachable;
}

Result<size_t> EspHttp::read(MutableBytes out) {
  if (!is_open_) return Error::network_closed;
  const int size =
      esp_http_client_read(client_, reinterpret_cast<char*>(out.data), static_cast<int>(out.size));
  if (size > 0) {
    if (left_ != kLengthUnknown) left_ -= static_cast<uint64_t>(size);
    return static_cast<size_t>(size);
  }
  if (size == -ESP_ERR_HTTP_EAGAIN) return Error::network_timeout;
  const bool is_whole = size == 0 && esp_http_client_is_complete_data_received(client_);
  return is_whole ? Result<size_t>(size_t{0}) : Error::network_closed;
}

void EspHttp::close() {
  if (!is_open_) return;
  is_used_ = drain();
  is_open_ = false;
  if (!is_used_) drop();
}

// esp_http_client keeps what it has read beyond the head and would give it out as the next answer's
// body: a connection is kept only if its answer was read to the end, of which little may be left.
bool EspHttp::drain() {
  if (left_ > kDrainMax) return false;
  uint8_t rest[128];
  for (;;) {
    const Result<size_t> size = read(rest);
    if (!size.ok() || size.value == 0) return size.ok();
  }
}

// Kept connections end here, so that whoever is trusted no more is told nothing more.
void EspHttp::use_trust(const TlsTrust& trust) {
  drop();
  trust_.use(trust);
}

void EspHttp::drop() {
  if (client_ != nullptr) esp_http_client_cleanup(client_);
  client_ = nullptr;
  is_open_ = false;
  is_used_ = false;
}

// `text` and `more` with a NUL, until the next call; nullptr if that is too long.
const char* EspHttp::terminated(Text text, Text more) {
  if (text.size + more.size > kTextSizeMax) return nullptr;
  memcpy(text_, text.data, text.size);
  copy(more, text_ + text.size);
  return text_;
}

esp_err_t EspHttp::on_event(esp_http_client_event_t* event) {
  EspHttp& self = *static_cast<EspHttp*>(event->user_data);
  if (event->event_id == HTTP_EVENT_ON_HEADER && self.head_ != nullptr) {
    take_header(event->header_key, event->header_value, self.head_);
  }
  if (event->event_id == HTTP_EVENT_ERROR && event->data != nullptr) {
    self.connect_error_ = esp_tls_get_and_clear_last_error(
        static_cast<esp_tls_error_handle_t>(event->data), nullptr, nullptr);
  }
  return ESP_OK;
}

}  // namespace otter
