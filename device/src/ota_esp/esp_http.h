// HTTPS on the chip, by esp_http_client: one connection, kept alive from request to request as long
// as host and trust stay the same, no redirects followed, nothing kept of one request for the next.
// esp_http_client and TLS take their memory from the heap. One caller at a time.
//
// Facts: ESP-IDF v5.1.4, components/esp_http_client/include/esp_http_client.h
#pragma once

#include <esp_http_client.h>

#include "ota/http.h"
#include "ota/wire/device_facts.h"
#include "ota/wire/device_metrics.h"
#include "ota/wire/url.h"
#include "ota_esp/tls_trust.h"

namespace otter {

struct EspHttpConfig {
  const char* host = "";  // of the update server: a name or an IPv4 address; must outlive the Http
  uint16_t port = 443;
  uint32_t timeout_ms = 15000;  // for each operation on the network
};

class EspHttp : public Http {
 public:
  explicit EspHttp(Crypto& crypto) : trust_(crypto) {}
  ~EspHttp() override { drop(); }

  void begin(const EspHttpConfig& config) { config_ = config; }
  // Whom to trust until a trust payload says otherwise.
  //
  // Errors: malformed
  Error use_certificates(Bytes pem_or_der) { return trust_.use_certificates(pem_or_der); }

  // The same server and trust as `other`.
  //
  // Errors: low_memory
  Error share(const EspHttp& other) {
    config_ = other.config_;
    return trust_.use_same(other.trust_);
  }

  Error open(const HttpRequest& request, HttpResponse* response) override;
  Result<size_t> read(MutableBytes out) override;
  void close() override;
  void use_trust(const TlsTrust& trust) override;

 private:
  Error choose(const HttpRequest& request);
  Error open_once(const HttpRequest& request, HttpResponse* response);
  Error set_request(const HttpRequest& request);
  Error exchange(const HttpRequest& request, HttpResponse* response);
  void forget_headers(const HttpRequest& request);
  Error why_not_connected() const;
  const char* terminated(Text text, Text more = Text());
  bool drain();
  void drop();
  static esp_err_t on_event(esp_http_client_event_t* event);

  static constexpr size_t kTextSizeMax = kDeviceFactsSizeMax;  // the longest header
  static_assert(kDeviceMetricsSizeMax <= kTextSizeMax, "X-Otter-Metrics fits, too");

  EspHttpConfig config_;
  TlsTrustStore trust_;
  esp_http_client_handle_t client_ = nullptr;
  char origin_[kOriginSizeMax + 1] = {};  // that client_ is for; NUL terminated
  char host_[kOriginSizeMax + 1] = {};    // its host alone
  char text_[kTextSizeMax + 1] = {};      // for esp_http_client, which wants a NUL at the end
  bool verify_peer_ = true;
  bool is_open_ = false;  // an answer is being read
  bool is_used_ = false;  // this connection has carried an answer
  uint64_t left_ = 0;     // [bytes] of its body; kLengthUnknown
  esp_err_t connect_error_ = ESP_OK;
  HttpResponse* head_ = nullptr;  // that headers go to while open() runs
};

}  // namespace otter
