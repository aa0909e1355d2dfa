// The names of config.h as an OtaConfig. Include config.h before this. But for the first two all of
// them are optional: what is not defined has its default, or stands in NVS (docs/spec/nvs.md),
// which wins.
//
//   PRODUCT_NAME, FIRMWARE_VERSION   the publisher reads both from the image
//   HARDWARE_NAME
//   WIFI_SSID, WIFI_PASSWORD      for connectWiFi()
//   OTA_SERVER_HOST               name or IPv4 address of the update server
//   OTA_SERVER_PORT
//   OTA_CA_CERTIFICATE            PEM text of the authority that signed the server's certificate
//   API_KEY                       the product's, as `otter product add` shows it
//   OTA_RELEASE_KEY               PEM text of the public key that signs firmware; ..._2 of a spare
//   OTA_ROOT                      root metadata, in place of release keys
//   HMAC_SECRET_KEY               without keys and root: the plain mode
//   OTA_CHECK_INTERVAL            [ms] until the server says otherwise, which it does by default
//   MAX_DOWNLOAD_RETRIES          without progress, until the next check; at most 255
//   CHUNK_SIZE                    [bytes] asked for at a time; 0: all
//   OTA_PATCH_MEMORY              [bytes] of heap that is kept for patches; 0: whole images alone
//   CONNECTION_TIMEOUT            [ms] of each operation on the network, and of connectWiFi()
//   DEBUG_OTA                     0: errors only, 1: what happens, 2: all
#pragma once

#if !defined(PRODUCT_NAME) || !defined(FIRMWARE_VERSION)
#error "config.h, with PRODUCT_NAME and FIRMWARE_VERSION, is to be included before OtterConfig.h"
#endif

#include "Otter.h"
#include "ota_esp/firmware_marker.h"

#ifndef CONNECTION_TIMEOUT
#define CONNECTION_TIMEOUT 15000
#endif

// Static, all of them: each file that includes this may have its own config.h.
static inline otter::OtaConfig otterConfig() {
  otter::OtaConfig config;
  config.network_timeout_ms = CONNECTION_TIMEOUT;
  static constexpr otter::EmbeddedMarker kMarker(PRODUCT_NAME, FIRMWARE_VERSION);
  config.product = kMarker.product;
  config.version = kMarker.version;
#ifdef HARDWARE_NAME
  config.hardware = HARDWARE_NAME;
#endif
#ifdef OTA_SERVER_HOST
  config.server_host = OTA_SERVER_HOST;
#endif
#ifdef OTA_SERVER_PORT
  config.server_port = OTA_SERVER_PORT;
#endif
#ifdef OTA_CA_CERTIFICATE
  config.ca_certificate = OTA_CA_CERTIFICATE;
#endif
#ifdef API_KEY
  config.api_key = API_KEY;
#endif
#ifdef OTA_RELEASE_KEY
  config.release_keys[0] = OTA_RELEASE_KEY;
#endif
#ifdef OTA_RELEASE_KEY_2
  config.release_keys[1] = OTA_RELEASE_KEY_2;
#endif
#ifdef OTA_ROOT
  config.root = OTA_ROOT;
#endif
#ifdef HMAC_SECRET_KEY
  config.hmac_secret = HMAC_SECRET_KEY;
#endif
#ifdef OTA_CHECK_INTERVAL
  config.check_interval_s = OTA_CHECK_INTERVAL / 1000;
#endif
#ifdef MAX_DOWNLOAD_RETRIES
  static_assert(MAX_DOWNLOAD_RETRIES <= 255, "MAX_DOWNLOAD_RETRIES is more than 255");
  config.download_attempts_max = MAX_DOWNLOAD_RETRIES;
#endif
#ifdef OTA_PATCH_MEMORY
  config.patch_memory_bytes = OTA_PATCH_MEMORY;
#endif
#ifdef CHUNK_SIZE
  config.request_size_bytes = CHUNK_SIZE;
#endif
#ifdef DEBUG_OTA
  config.log_level = static_cast<otter::LogLevel>(DEBUG_OTA);
#endif
  return config;
}

// Connects to the Wi-Fi of NVS or config.h; waits CONNECTION_TIMEOUT at most.
static inline bool connectWiFi() {
#ifdef WIFI_SSID
  return ota.connect_wifi(WIFI_SSID, WIFI_PASSWORD, CONNECTION_TIMEOUT);
#else
  return ota.connect_wifi("", "", CONNECTION_TIMEOUT);
#endif
}
