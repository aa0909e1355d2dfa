// What one board is given in its NVS: who it is, its server, its keys, its Wi-Fi. docs/spec/nvs.md.
// Pure, any thread.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "ota/wire/digest.h"
#include "publish/nvs_image.h"

namespace otter {

constexpr char kBoardNamespace[] = "otter";
constexpr size_t kBoardHostSizeMax = 64;      // [characters]
constexpr size_t kBoardSecretSizeMax = 128;   // [characters] of an API key, an HMAC secret
constexpr size_t kBoardCaSizeMax = 8 * 1024;  // [bytes] of all authorities in PEM
constexpr size_t kWifiSsidSizeMax = 32;       // [bytes] IEEE 802.11-2020 section 9.4.2.2
constexpr size_t kWifiPasswordSizeMin = 8;    // [characters] IEEE 802.11-2020 annex J.4
constexpr size_t kWifiPasswordSizeMax = 63;   // [characters]
constexpr size_t kWifiKeySize = 64;           // [hexadecimal digits] in place of a password

// A value that no firmware would take. what(): one line that names it, and the limit.
struct BoardSettingsError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct DeviceKey {
  uint32_t epoch = 1;
  Digest secret;  // K_dev
};

// What is empty is not written: there the firmware's own value holds.
struct BoardSettings {
  std::string device_id;
  std::string product;
  std::string server_host;  // a name or an IPv4 address
  uint16_t server_port = 0;
  std::vector<std::vector<uint8_t>> authorities;  // certificates in DER
  std::string root;                               // body of root metadata
  std::optional<DeviceKey> device_key;
  std::string api_key;  // in place of a device key
  std::string hmac_secret;
  std::string wifi_ssid;
  std::string wifi_password;  // empty: an open network
};

// The items of the namespace, in the order of the page's table.
//
// Errors: BoardSettingsError (a value is no id, host or key, or too long; both a device key and an
//         API key; a password without a network)
std::vector<NvsItem> nvs_items_of(const BoardSettings& settings);

}  // namespace otter
