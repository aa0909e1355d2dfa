#include "ota_esp/tls_trust.h"

#include <lwip/inet.h>
#include <sdkconfig.h>
#include <time.h>

#if !CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
#error \
    "Otter's trust enters where the certificate bundle would: CONFIG_MBEDTLS_CERTIFICATE_BUNDLE=y"
#endif

namespace otter {
namespace {

constexpr size_t kCertificateSizeMax = 2048;  // [bytes] of an anchor in a trust payload
// A clock that shows less has not been set. [s since 1970-01-01 UTC] 2024-01-01
constexpr time_t kClockSet = 1704067200;
constexpr uint32_t kTimeFlags = MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE;
// The context tag [7] of a GeneralName: iPAddress. RFC 5280 section 4.2.1.6
constexpr int kIpAddressTag = 7;
constexpr int kTagMask = 0x1F;

TlsTrustStore* expecting = nullptr;

void add_anchor(Text encoded, mbedtls_x509_crt* chain) {
  uint8_t der[kCertificateSizeMax];
  const Result<size_t> size = base64_decode(encoded, der);
  // On an error the chain is as it was: mbedtls_x509_crt_parse_der() unlinks what it has begun.
  if (size.ok()) mbedtls_x509_crt_parse_der(chain, der, size.value);
}

}  // namespace

Error TlsTrustStore::use_certificates(Bytes pem_or_der) {
  mbedtls_x509_crt chain;
  mbedtls_x509_crt_init(&chain);
  mbedtls_x509_crt_parse(&chain, pem_or_der.data, pem_or_der.size);
  const bool is_usable = chain.raw.len > 0;
  if (is_usable) {
    replace_anchors(chain);
    pin_count_ = 0;
  }
  mbedtls_x509_crt_free(&chain);
  return is_usable ? Error::ok : Error::malformed;
}

void TlsTrustStore::use(const TlsTrust& trust) {
  mbedtls_x509_crt chain;
  mbedtls_x509_crt_init(&chain);
  for (JsonItems items(trust.anchors); items.next();) {
    const Result<Text> encoded = items.value().plain_string();
    if (encoded.ok()) add_anchor(encoded.value, &chain);
  }
  if (chain.raw.len > 0) {
    replace_anchors(chain);
    pin_count_ = 0;
    for (JsonItems items(trust.pins); items.next() && pin_count_ < kPinsMax;) {
      const Result<Text> hex = items.value().plain_string();
      const Result<Digest> pin = hex.ok() ? digest_from_hex(hex.value) : Result<Digest>(hex.error);
      if (pin.ok()) pins_[pin_count_++] = pin.value;
    }
  }
  mbedtls_x509_crt_free(&chain);
}

Error TlsTrustStore::use_same(const TlsTrustStore& other) {
  mbedtls_x509_crt chain;
  mbedtls_x509_crt_init(&chain);
  const mbedtls_x509_crt* anchor = other.anchors_.raw.len > 0 ? &other.anchors_ : nullptr;
  for (; anchor != nullptr; anchor = anchor->next) {
    if (mbedtls_x509_crt_parse_der(&chain, anchor->raw.p, anchor->raw.len) != 0) {
      mbedtls_x509_crt_free(&chain);
      return Error::low_memory;
    }
  }
  replace_anchors(chain);
  mbedtls_x509_crt_free(&chain);
  memcpy(pins_, other.pins_, sizeof(pins_));
  pin_count_ = other.pin_count_;
  return Error::ok;
}

// Takes the certificates over and leaves `chain` as one that was just initialised.
void TlsTrustStore::replace_anchors(mbedtls_x509_crt& chain) {
  mbedtls_x509_crt_free(&anchors_);
  anchors_ = chain;
  mbedtls_x509_crt_init(&chain);
}

void TlsTrustStore::expect(const char* host, bool verify_peer) {
  host_ = host;
  verify_peer_ = verify_peer;
  has_pin_ = false;
  has_refused_ = false;
  expecting = this;
}

esp_err_t TlsTrustStore::attach(void* ssl_config) {
  mbedtls_ssl_config* config = static_cast<mbedtls_ssl_config*>(ssl_config);
  mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_REQUIRED);
  mbedtls_ssl_conf_ca_chain(config, &expecting->anchors_, nullptr);
  mbedtls_ssl_conf_verify(config, check, expecting);
  return ESP_OK;
}

// mbedTLS asks for each certificate of the chain, from the anchor down to the server's own (depth
// 0), and adds the flags up.
int TlsTrustStore::check(void* self, mbedtls_x509_crt* certificate, int depth, uint32_t* flags) {
  TlsTrustStore& store = *static_cast<TlsTrustStore*>(self);
  *flags = store.judge(*certificate, depth, *flags);
  store.has_refused_ = store.has_refused_ || *flags != 0;
  return 0;
}

uint32_t TlsTrustStore::judge(const mbedtls_x509_crt& certificate, int depth, uint32_t flags) {
  if (!verify_peer_) return 0;
  if (time(nullptr) < kClockSet) flags &= ~kTimeFlags;
  has_pin_ = has_pin_ || is_pinned(certificate);
  if (depth > 0) return flags;
  // Before 3.5 mbedTLS compares names only.
  if ((flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) != 0 && names_address(certificate)) {
    flags &= ~static_cast<uint32_t>(MBEDTLS_X509_BADCERT_CN_MISMATCH);
  }
  return pin_count_ == 0 || has_pin_ ? flags : flags | MBEDTLS_X509_BADCERT_OTHER;
}

// RFC 7469 section 2.4: of the SubjectPublicKeyInfo.
bool TlsTrustStore::is_pinned(const mbedtls_x509_crt& certificate) {
  if (pin_count_ == 0) return false;
  const Bytes key_info(certificate.pk_raw.p, certificate.pk_raw.len);
  const Result<Digest> digest = sha256(crypto_, key_info);
  for (size_t i = 0; digest.ok() && i < pin_count_; ++i) {
    if (digest.value == pins_[i]) return true;
  }
  return false;
}

// True if host_ is an IPv4 address that the certificate is for.
bool TlsTrustStore::names_address(const mbedtls_x509_crt& certificate) const {
  const in_addr_t address = inet_addr(host_);  // big-endian, as in the certificate
  if (address == INADDR_NONE) return false;
  for (const mbedtls_x509_sequence* name = &certificate.subject_alt_names; name != nullptr;
       name = name->next) {
    const bool is_address = (name->buf.tag & kTagMask) == kIpAddressTag;
    if (is_address && Bytes(name->buf.p, name->buf.len) ==
                          Bytes(reinterpret_cast<const uint8_t*>(&address), sizeof(address))) {
      return true;
    }
  }
  return false;
}

}  // namespace otter
