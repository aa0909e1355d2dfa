// Otter for sketches: the object `ota`, and the functions that ESP32 update tutorials use, by the
// names that they have there. Nothing but forwarding to ota_esp/ota.h, which says what each does.
// otter::network_is_up(), for a sketch's own questions, is in ota_esp/network.h.
//
//   #include "config.h"  // first: OtterConfig.h takes its names
//
//   #include <OtterConfig.h>
//   void setup() { Serial.begin(115200); ota.begin(otterConfig()); connectWiFi(); }
//   void loop() { ota.loop(); }
#pragma once

#include <memory>

#include "ota_esp/esp_http.h"
#include "ota_esp/network.h"
#include "ota_esp/ota.h"

inline otter::Ota ota;

// 64 hexadecimal digits; empty on an error.
struct Sha256Text {
  char digits[2 * otter::kDigestSize + 1] = {};
  operator const char*() const { return digits; }
};

// True if a release waits for its download.
inline bool checkForUpdates() { return ota.check_for_updates(); }

// Restarts into the new image; false if it came to nothing.
inline bool downloadAndInstallUpdate() { return ota.download_and_install_update(); }

// Goes on with the download up to byte `offset` + `size` of the image.
inline bool downloadChunk(uint32_t offset, uint32_t size) {
  return ota.download_chunk(offset, size);
}

// Compares the image that has been downloaded with a SHA-256 and an HMAC-SHA256, in hexadecimal.
inline bool verifyFirmware(const char* hash, const char* hmac) {
  return ota.verify_firmware(hash, hmac);
}

// Restarts into the image that ran before; false if there is none that may run.
inline bool rollbackToSafePartition() { return ota.roll_back(); }

// True if the update server answers, with a certificate that this device trusts.
inline bool validateServerCertificate() { return ota.validate_server_certificate(); }

// The HMAC is the one that HMAC_SECRET_KEY makes.
inline bool verifyHMAC(const uint8_t* data, size_t length, const char* expected) {
  return ota.hmac_holds(data, length, expected);
}

inline Sha256Text calculateSHA256(const uint8_t* data, size_t length) {
  Sha256Text text;
  const otter::Result<otter::Digest> digest = ota.sha256_of(data, length);
  if (digest.ok()) memcpy(text.digits, otter::to_hex(digest.value).characters, sizeof(text) - 1);
  return text;
}

// HTTPS to the update server, which must show a certificate that this device trusts; empty before
// ota.begin(), or without memory.
inline std::unique_ptr<otter::EspHttp> createSecureClient() {
  return std::unique_ptr<otter::EspHttp>(ota.new_http());
}
