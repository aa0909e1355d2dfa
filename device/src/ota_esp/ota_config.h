// What an application tells Otter. docs/device.md. Texts are NUL terminated and must outlive the
// Ota; nullptr and "" both mean: not given. What NVS holds (docs/spec/nvs.md) wins over what stands
// here: server, keys, product and Wi-Fi of one board can so be written without building firmware.
#pragma once

#include "ota/updater_config.h"
#include "ota_esp/esp_board.h"

namespace otter {

// All hooks are called from loop(), or from the task of start_task().
struct OtaHooks {
  // Asked again and again while a new image is on trial, until it is not `running`. Default:
  // passed.
  SelfTest (*self_test)() = nullptr;
  // May an update start now? Default: yes.
  Error (*ready_for_update)() = nullptr;
  // Is there a network? Default: network_is_up().
  bool (*network_up)() = nullptr;
  // Takes a configuration from the server: Application::configure(). Default: refuses all.
  Error (*configure)(Json values) = nullptr;
  // Numbers for check-ins and reports: Application::metrics(). Default: none.
  size_t (*metrics)(Metric* out, size_t count_max) = nullptr;
};

struct OtaConfig {
  // Who this is.
  const char* product = nullptr;
  const char* version = nullptr;    // default: of the image's esp_app_desc_t
  const char* device_id = nullptr;  // default: the chip's MAC address, 12 hexadecimal digits
  const char* hardware = nullptr;

  // The update server.
  const char* server_host = nullptr;  // a name, or an IPv4 address
  uint16_t server_port = 8443;
  const char* ca_certificate = nullptr;  // PEM: the only authorities to trust
  const char* api_key = nullptr;         // the product's, for the first contact, or the plain mode

  // Who may sign firmware: public keys in PEM; or root metadata (the body, docs/spec/root.md), by
  // which keys can be replaced later. Only an HMAC secret: the plain mode, for the bench.
  const char* release_keys[2] = {nullptr, nullptr};
  const char* root = nullptr;
  const char* hmac_secret = nullptr;

  uint8_t signatures_needed = 1;  // of release keys; root metadata says it itself
  // Floors that hold when the partition `otter` is lost: docs/device.md.
  uint64_t sequence_floor = 0;
  uint32_t security_floor = 0;

  uint32_t check_interval_s = 3600;  // at least 1; until the server says otherwise
  uint8_t download_attempts_max = 5;
  // [bytes] asked for at a time, rounded up to a multiple of 4096; 0: the image in one answer. With
  // 4096 TLS gets along with small buffers (CONFIG_MBEDTLS_ASYMMETRIC_CONTENT_LEN,
  // SSL_IN_CONTENT_LEN).
  uint32_t request_size_bytes = 0;
  uint32_t network_timeout_ms = 15000;
  // [bytes] of heap, taken by begin() and kept, for patches and compressed images: smaller
  // downloads in place of whole ones. 16, 32 or 64 KiB: the more, the smaller. 0: none.
  uint32_t patch_memory_bytes = 16 * 1024;

  // What the server can learn of this device beside its reports: docs/device.md#diagnostics.
  uint32_t log_size_bytes = 1024;  // [bytes, up to 2048] of log lines that it may ask for; 0: none
  bool sends_core_dumps = true;    // after a crash, if the firmware keeps core dumps in flash

  LogLevel log_level = LogLevel::info;
  LogSink log = nullptr;  // default: the console
  OtaHooks hooks;

  // Of the task that the engine and TLS run on. 0: loop() and begin() run on the caller's own
  // stack, which then needs this size.
  uint32_t stack_size_bytes = 10 * 1024;
};

}  // namespace otter
