#include "publish/board_settings.h"

#include <gmock/gmock.h>

namespace otter {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

BoardSettings least() {
  BoardSettings settings;
  settings.device_id = "lamp-7";
  return settings;
}

std::vector<std::string> keys_of(const BoardSettings& settings) {
  std::vector<std::string> keys;
  for (const NvsItem& item : nvs_items_of(settings)) keys.push_back(item.key);
  return keys;
}

template <typename T>
T value_of(const BoardSettings& settings, const std::string& key) {
  for (const NvsItem& item : nvs_items_of(settings)) {
    if (item.key == key) return std::get<T>(item.value);
  }
  ADD_FAILURE() << key << " is missing";
  return T();
}

std::string refusal(const BoardSettings& settings) {
  try {
    nvs_items_of(settings);
    return "taken";
  } catch (const BoardSettingsError& error) {
    return error.what();
  }
}

TEST(BoardSettings, WritesWhatThereIs) {
  EXPECT_THAT(keys_of(least()), ElementsAre("device_id"));
  BoardSettings all = least();
  all.product = "lamp";
  all.server_host = "otter.example";
  all.server_port = 443;
  all.authorities = {{0x30, 0x00}};
  all.root = "{}";
  all.device_key = DeviceKey();
  all.hmac_secret = "oth_x";
  all.wifi_ssid = "home";
  all.wifi_password = "12345678";
  EXPECT_THAT(keys_of(all),
              ElementsAre("device_id", "product", "server_host", "server_port", "ca", "root",
                          "device_key", "hmac_secret", "wifi_ssid", "wifi_pass"));
  EXPECT_EQ(443, value_of<uint16_t>(all, "server_port"));
}

TEST(BoardSettings, StoresTheDeviceKeyAsTheEngineDoes) {
  BoardSettings settings = least();
  settings.device_key = DeviceKey{0x01020304, {}};
  settings.device_key->secret.bytes[0] = 0xAA;
  const auto raw = value_of<std::vector<uint8_t>>(settings, "device_key");
  ASSERT_EQ(36u, raw.size());
  EXPECT_THAT(std::vector<uint8_t>(raw.begin(), raw.begin() + 5),
              ElementsAre(0x04, 0x03, 0x02, 0x01, 0xAA));
}

TEST(BoardSettings, WritesAuthoritiesAsPem) {
  BoardSettings settings = least();
  settings.authorities = {{0x30, 0x01}, std::vector<uint8_t>(49, 0)};
  const auto raw = value_of<std::vector<uint8_t>>(settings, "ca");
  EXPECT_EQ(
      "-----BEGIN CERTIFICATE-----\nMAE=\n-----END CERTIFICATE-----\n"
      "-----BEGIN CERTIFICATE-----\n" +
          std::string(64, 'A') +
          "\nAA==\n"
          "-----END CERTIFICATE-----\n",
      std::string(raw.begin(), raw.end()));
}

TEST(BoardSettings, RefusesWhoAndWhereThatAreNone) {
  EXPECT_THAT(refusal(BoardSettings()), HasSubstr("'' is no device id"));
  BoardSettings settings = least();
  settings.product = "a lamp";
  EXPECT_THAT(refusal(settings), HasSubstr("'a lamp' is no product"));
  settings = least();
  settings.server_host = "::1";
  settings.server_port = 1;
  EXPECT_THAT(refusal(settings), HasSubstr("a name or an IPv4 address, not '::1'"));
  settings.server_host = std::string(64, 'a');
  EXPECT_EQ("taken", refusal(settings));
  settings.server_host += 'a';
  EXPECT_THAT(refusal(settings), HasSubstr("room for 64"));
  settings.server_host = "a";
  settings.server_port = 0;
  EXPECT_THAT(refusal(settings), HasSubstr("port"));
}

TEST(BoardSettings, RefusesWhatIsTooLarge) {
  BoardSettings settings = least();
  settings.authorities.assign(5, {0x30, 0x00});
  EXPECT_THAT(refusal(settings), HasSubstr("5 authorities; a board takes 4"));
  settings.authorities.assign(1, std::vector<uint8_t>(6200));
  EXPECT_THAT(refusal(settings), HasSubstr("a board takes 8192"));
  settings = least();
  settings.root.assign(3073, ' ');
  EXPECT_THAT(refusal(settings), HasSubstr("root metadata"));
}

TEST(BoardSettings, RefusesKeysThatAreNone) {
  BoardSettings settings = least();
  settings.api_key = std::string(128, 'a');
  EXPECT_EQ("taken", refusal(settings));
  settings.api_key += 'a';
  EXPECT_THAT(refusal(settings), HasSubstr("the API key has 129"));
  settings.api_key = "otk_a b";
  EXPECT_THAT(refusal(settings), HasSubstr("no such key has"));
  settings.api_key = "otk_a";
  settings.device_key = DeviceKey();
  EXPECT_THAT(refusal(settings), HasSubstr("not both"));
  settings = least();
  settings.hmac_secret = "a\nb";
  EXPECT_THAT(refusal(settings), HasSubstr("the HMAC secret"));
}

TEST(BoardSettings, TakesPasswordsThatWifiHas) {
  BoardSettings settings = least();
  settings.wifi_ssid = std::string(32, 'w');
  for (const std::string& good : {std::string(), std::string("pass word"), std::string(63, 'p'),
                                  std::string(32, 'a') + std::string(32, 'F')}) {
    settings.wifi_password = good;
    EXPECT_EQ("taken", refusal(settings)) << good;
  }
  for (const std::string& bad : {std::string("1234567"), std::string(64, 'p'), std::string(65, 'a'),
                                 std::string("12345678\n")}) {
    settings.wifi_password = bad;
    EXPECT_THAT(refusal(settings), HasSubstr("8 to 63")) << bad;
  }
  settings.wifi_password = "12345678";
  settings.wifi_ssid += 'w';
  EXPECT_THAT(refusal(settings), HasSubstr("33 bytes"));
  settings.wifi_ssid = std::string("a\0b", 3);
  EXPECT_THAT(refusal(settings), HasSubstr("NUL"));
  settings.wifi_ssid = "";
  EXPECT_THAT(refusal(settings), HasSubstr("without a Wi-Fi's name"));
}

}  // namespace
}  // namespace otter
