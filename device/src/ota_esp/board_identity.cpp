#include "ota_esp/board_identity.h"

#include <esp_mac.h>

#include <new>

#include "ota/log_line.h"
#include "ota/public_key.h"

namespace otter {
namespace {

constexpr size_t kMacSize = 6;  // [bytes]

bool is_given(const char* text) { return text != nullptr && text[0] != 0; }

// The value in NVS, or else the one that the application gives.
template <size_t N>
Error choose(NvsSettings& settings, const char* key, char (&stored)[N], const char* given,
             const char** chosen) {
  OTTER_TRY_SET(const size_t size, settings.load_text(key, stored, N));
  *chosen = size > 0 ? stored : is_given(given) ? given : "";
  return Error::ok;
}

// The chip's own number, as an id that nobody has to give.
template <size_t N>
void name_by_mac(char (&out)[N]) {
  uint8_t mac[8] = {};  // chips with IEEE 802.15.4 write 8
  if (esp_efuse_mac_get_default(mac) != ESP_OK) return;
  static_assert(N > 2 * kMacSize, "with a NUL");
  hex_encode(Bytes(mac, kMacSize), out);
}

// A blob of NVS on the heap, with a NUL behind it; nullptr if it was never set.
Error load_blob(NvsSettings& settings, const char* key, uint8_t** out, size_t* size) {
  OTTER_TRY_SET(*size, settings.load_bytes(key, MutableBytes()));
  if (*size == 0) return Error::ok;
  *out = new (std::nothrow) uint8_t[*size + 1]();
  if (*out == nullptr) return Error::low_memory;
  return settings.load_bytes(key, MutableBytes(*out, *size)).error;
}

}  // namespace

BoardIdentity::~BoardIdentity() { delete[] root_; }

Error BoardIdentity::missing(const char* what, const char* how) {
  LogLine(board_, LogLevel::error).text("No ").text(what).text(": set ").text(how);
  return Error::missing_field;
}

Error BoardIdentity::load(UpdaterConfig* config, EspHttp* http) {
  OTTER_TRY(load_texts(config));
  if (config->product.empty()) return missing("product", "PRODUCT_NAME");
  OTTER_TRY(load_signers(config));
  OTTER_TRY(load_server(http));
  return load_authority(http);
}

Error BoardIdentity::load_texts(UpdaterConfig* config) {
  const char* device_id = "";
  const char* product = "";
  const char* api_key = "";
  OTTER_TRY(choose(settings_, "device_id", device_id_, given_.device_id, &device_id));
  OTTER_TRY(choose(settings_, "product", product_, given_.product, &product));
  OTTER_TRY(choose(settings_, "api_key", api_key_, given_.api_key, &api_key));
  if (!is_given(device_id)) {
    name_by_mac(device_id_);
    device_id = device_id_;
  }
  if (!is_given(device_id)) return missing("MAC address", "device_id");
  config->device_id = device_id;
  config->product = product;
  config->api_key = api_key;
  if (is_given(given_.version)) config->version = given_.version;
  return Error::ok;
}

// Whose word counts for firmware: root metadata, release keys, or in the plain mode a shared
// secret.
Error BoardIdentity::load_signers(UpdaterConfig* config) {
  const char* secret = "";
  OTTER_TRY(choose(settings_, "hmac_secret", hmac_secret_, given_.hmac_secret, &secret));
  config->hmac_secret = as_bytes(secret);
  size_t root_size = 0;
  OTTER_TRY(load_blob(settings_, "root", &root_, &root_size));
  if (root_size > 0) {
    config->root = as_text(Bytes(root_, root_size));
  } else if (is_given(given_.root)) {
    config->root = given_.root;
  }
  OTTER_TRY(load_release_keys(config));
  const bool is_signed = config->release_key_count > 0 || !config->root.empty();
  if (!is_signed && config->hmac_secret.size == 0) {
    return missing("release key", "OTA_RELEASE_KEY or OTA_ROOT (HMAC_SECRET_KEY, on the bench)");
  }
  config->mode = is_signed ? UpdateMode::signed_release : UpdateMode::plain;
  return Error::ok;
}

Error BoardIdentity::load_release_keys(UpdaterConfig* config) {
  config->release_keys = release_keys_;
  for (const char* pem : given_.release_keys) {
    if (!is_given(pem)) continue;
    const Result<ReleaseKey> key = release_key_of_pem(crypto_, pem);
    if (!key.ok()) {
      LogLine(board_, LogLevel::error).text("OTA_RELEASE_KEY: ").text(name(key.error));
      return key.error;
    }
    release_keys_[config->release_key_count++] = key.value;
  }
  return Error::ok;
}

Error BoardIdentity::load_server(EspHttp* http) {
  EspHttpConfig server;
  OTTER_TRY(choose(settings_, "server_host", host_, given_.server_host, &server.host));
  if (!is_given(server.host)) return missing("server", "OTA_SERVER_HOST");
  if (strchr(server.host, '/') != nullptr || strchr(server.host, ':') != nullptr) {
    LogLine(board_, LogLevel::error).text("OTA_SERVER_HOST is a name or an address alone");
    return Error::malformed;
  }
  server.port = settings_.load_number("server_port", given_.server_port);
  server.timeout_ms = given_.network_timeout_ms;
  http->begin(server);
  return Error::ok;
}

Error BoardIdentity::load_authority(EspHttp* http) {
  uint8_t* stored = nullptr;
  size_t size = 0;
  OTTER_TRY(load_blob(settings_, "ca", &stored, &size));
  Bytes certificates(stored, size);
  if (stored == nullptr && is_given(given_.ca_certificate)) {
    certificates = as_bytes(given_.ca_certificate);
  }
  Error error = Error::ok;
  if (certificates.size == 0) {
    error = missing("authority to trust", "OTA_CA_CERTIFICATE");
  } else {
    // mbedTLS counts the NUL behind a PEM text, and wants none behind DER. Both have one here.
    const bool is_pem = starts_with(as_text(certificates), "-----");
    if (is_pem) ++certificates.size;
    error = http->use_certificates(certificates);
    if (error != Error::ok) {
      LogLine(board_, LogLevel::error).text("OTA_CA_CERTIFICATE: ").text(name(error));
    }
  }
  delete[] stored;
  return error;
}

}  // namespace otter
