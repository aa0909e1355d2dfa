// Whom TLS trusts on the chip: certificates and pins, checked by a callback of mbedTLS that esp_tls
// is given in the place of its certificate bundle (so CONFIG_MBEDTLS_CERTIFICATE_BUNDLE must be on;
// the bundle itself is not linked). Parsed certificates are on the heap from the call that takes
// them on. One caller at a time, and one handshake at a time in the whole firmware.
//
// Facts: ESP-IDF v5.1.4, components/esp-tls/esp_tls_mbedtls.c (set_client_config()) and
// mbedtls/include/mbedtls/ssl.h (mbedtls_ssl_conf_verify)
#pragma once

#include <esp_err.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include "ota/http.h"
#include "ota/wire/crypto.h"
#include "ota/wire/trust.h"

namespace otter {

class TlsTrustStore {
 public:
  explicit TlsTrustStore(Crypto& crypto) : crypto_(crypto) { mbedtls_x509_crt_init(&anchors_); }
  ~TlsTrustStore() { mbedtls_x509_crt_free(&anchors_); }
  TlsTrustStore(const TlsTrustStore&) = delete;
  TlsTrustStore& operator=(const TlsTrustStore&) = delete;

  // The certificates in `pem` [size with the NUL at its end], or one in DER, are the anchors.
  //
  // Errors: malformed (there is none in it; the anchors before stay)
  Error use_certificates(Bytes pem_or_der);
  // Anchors and pins of a trust payload, in place of what was trusted before. What can't be used is
  // passed over; if no anchor can, all stays.
  void use(const TlsTrust& trust);
  // The same as `other`.
  //
  // Errors: low_memory
  Error use_same(const TlsTrustStore& other);

  // To be called before each handshake, with whom it is: `host` must last until it is done.
  // verify_peer false: whoever answers will do.
  void expect(const char* host, bool verify_peer);
  // For esp_http_client_config_t::crt_bundle_attach: the store that expect() was called of last.
  static esp_err_t attach(void* ssl_config);
  // The last handshake failed because of the certificate.
  bool has_refused() const { return has_refused_; }

 private:
  static int check(void* self, mbedtls_x509_crt* certificate, int depth, uint32_t* flags);
  uint32_t judge(const mbedtls_x509_crt& certificate, int depth, uint32_t flags);
  bool is_pinned(const mbedtls_x509_crt& certificate);
  bool names_address(const mbedtls_x509_crt& certificate) const;
  void replace_anchors(mbedtls_x509_crt& chain);

  Crypto& crypto_;
  mbedtls_x509_crt anchors_;
  Digest pins_[kPinsMax];
  size_t pin_count_ = 0;
  const char* host_ = "";
  bool verify_peer_ = true;
  bool has_pin_ = false;  // a certificate of this handshake's chain has one of the pins
  bool has_refused_ = false;
};

}  // namespace otter
