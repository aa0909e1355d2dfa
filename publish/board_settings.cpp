#include "publish/board_settings.h"

#include <algorithm>

#include "ota/wire/crypto.h"
#include "ota/wire/root.h"
#include "ota/wire/trust.h"
#include "ota/wire/version.h"

namespace otter {
namespace {

constexpr size_t kPemColumns = 64;  // RFC 7468 section 2

void need(bool holds, const std::string& line) {
  if (!holds) throw BoardSettingsError(line);
}

bool is_visible(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

std::string pem_of(Bytes der) {
  std::vector<uint8_t> base64(base64_size(der.size));
  Appender out{MutableBytes(base64)};
  base64_encode(der, out);
  std::string pem = "-----BEGIN CERTIFICATE-----\n";
  const Text text = as_text(out.written());
  for (size_t at = 0; at < text.size; at += kPemColumns) {
    const Text line = text.part(at, kPemColumns);
    pem.append(line.data, line.size).append("\n");
  }
  return pem + "-----END CERTIFICATE-----\n";
}

std::string ca_of(const BoardSettings& settings) {
  std::string pem;
  for (const std::vector<uint8_t>& authority : settings.authorities) pem += pem_of(authority);
  return pem;
}

// In clear letters what is wrong with a host, for people who give a URL's other parts.
void check_host(const std::string& host) {
  if (host.empty()) return;
  const auto is_good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  };
  need(std::ranges::all_of(host, is_good),
       "a board's server is a name or an IPv4 address, not '" + host + "'");
  need(host.size() <= kBoardHostSizeMax, "the server's name has " + std::to_string(host.size()) +
                                             " characters; a board has room for " +
                                             std::to_string(kBoardHostSizeMax));
}

void check_secret(const std::string& secret, const char* what) {
  need(is_visible(secret), std::string(what) + " holds a character that no such key has");
  need(secret.size() <= kBoardSecretSizeMax,
       std::string(what) + " has " + std::to_string(secret.size()) + " characters; there can be " +
           std::to_string(kBoardSecretSizeMax));
}

bool is_wifi_key(const std::string& text) {
  return text.size() == kWifiKeySize && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

void check_wifi(const BoardSettings& settings) {
  const std::string& password = settings.wifi_password;
  need(settings.wifi_ssid.size() <= kWifiSsidSizeMax,
       "the Wi-Fi's name has " + std::to_string(settings.wifi_ssid.size()) +
           " bytes; there can be 32");
  need(settings.wifi_ssid.find('\0') == std::string::npos, "the Wi-Fi's name holds a NUL");
  if (password.empty()) return;
  need(!settings.wifi_ssid.empty(), "a Wi-Fi password without a Wi-Fi's name");
  const bool is_password =
      password.size() >= kWifiPasswordSizeMin && password.size() <= kWifiPasswordSizeMax &&
      std::ranges::all_of(password, [](char c) { return c >= ' ' && c <= '~'; });
  need(is_password || is_wifi_key(password),
       "a Wi-Fi password has 8 to 63 characters of ASCII, or is a key of 64 hexadecimal digits");
}

void check(const BoardSettings& settings) {
  need(is_identifier(settings.device_id),
       "'" + settings.device_id + "' is no device id; see docs/spec/version.md");
  need(settings.product.empty() || is_identifier(settings.product),
       "'" + settings.product + "' is no product; see docs/spec/version.md");
  check_host(settings.server_host);
  need(settings.server_host.empty() || settings.server_port != 0, "the server's port is not 0");
  need(settings.authorities.size() <= kAnchorsMax, std::to_string(settings.authorities.size()) +
                                                       " authorities; a board takes " +
                                                       std::to_string(kAnchorsMax));
  need(settings.root.size() <= kRootSizeMax, "root metadata that is too large");
  need(!settings.device_key || settings.api_key.empty(),
       "a board gets a device key or an API key, not both");
  check_secret(settings.api_key, "the API key");
  check_secret(settings.hmac_secret, "the HMAC secret");
  check_wifi(settings);
}

std::vector<uint8_t> bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

// As the engine's Setting::device_key.
std::vector<uint8_t> stored(const DeviceKey& key) {
  std::vector<uint8_t> raw(4 + kDigestSize);
  Appender out{MutableBytes(raw)};
  out.le32(key.epoch);
  out.bytes(key.secret.bytes);
  return raw;
}

}  // namespace

std::vector<NvsItem> nvs_items_of(const BoardSettings& settings) {
  check(settings);
  const std::string ca = ca_of(settings);
  need(ca.size() <= kBoardCaSizeMax,
       "the authorities have " + std::to_string(ca.size()) + " bytes in PEM; a board takes 8192");
  std::vector<NvsItem> items;
  const auto add_text = [&items](const char* key, const std::string& value) {
    if (!value.empty()) items.push_back({key, value});
  };
  add_text("device_id", settings.device_id);
  add_text("product", settings.product);
  add_text("server_host", settings.server_host);
  if (!settings.server_host.empty()) items.push_back({"server_port", settings.server_port});
  if (!ca.empty()) items.push_back({"ca", bytes_of(ca)});
  if (!settings.root.empty()) items.push_back({"root", bytes_of(settings.root)});
  if (settings.device_key) items.push_back({"device_key", stored(*settings.device_key)});
  add_text("api_key", settings.api_key);
  add_text("hmac_secret", settings.hmac_secret);
  add_text("wifi_ssid", settings.wifi_ssid);
  add_text("wifi_pass", settings.wifi_password);
  return items;
}

}  // namespace otter
