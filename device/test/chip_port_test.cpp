// The chip's port over a chip in memory: what it makes of resets, partitions, log levels and
// networks. What of it a real chip does otherwise, docs/porting.md says.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <list>

#include "device/test/fake_chip.h"
#include "ota_esp/chip_crypto.h"
#include "ota_esp/network.h"
#include "ota_esp/ota.h"
#include "publish/certificates.h"
#include "publish/temporary_folder.h"

namespace otter {
namespace {

std::string lines;  // what the port logs

void keep_line(LogLevel, const char* line) { lines += std::string(line) + "\n"; }

bool has_line(const std::string& text) { return lines.find("[OTA] " + text + "\n") != lines.npos; }

class Port : public testing::Test {
 protected:
  Port() {
    FakeChip::reset();
    lines.clear();
    config.product = "lamp";
    config.version = "1.0.0";
    config.server_host = "otter.example";
    config.ca_certificate = authority().c_str();
    config.hmac_secret = "0123456789abcdef0123456789abcdef";
    config.log = keep_line;
    config.stack_size_bytes = 0;  // jobs run here: no task does
  }

  static const std::string& authority() {
    static const std::string text = [] {
      const TemporaryFolder folder;
      make_certificates({{"otter.example"}, folder.path()});
      std::ifstream in(folder.path() + "/" + kAuthorityCertificateFile);
      return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }();
    return text;
  }
  // What begin() says for the end.
  void expect_refusal(const std::string& error) {
    EXPECT_FALSE(ota.begin(config));
    EXPECT_FALSE(ota.is_started());
    EXPECT_TRUE(has_line("No updates on this device: " + error)) << lines;
  }

  OtaConfig config;
  Ota& ota = all_of_them().emplace_back();

 private:
  // What began is for ever, and gives nothing back.
  static std::list<Ota>& all_of_them() {
    static std::list<Ota>* const all = new std::list<Ota>;
    return *all;
  }
};

TEST_F(Port, BeginsWithAllThatItNeeds) {
  EXPECT_TRUE(ota.begin(config)) << lines;
  EXPECT_TRUE(ota.is_started());
  EXPECT_TRUE(has_line("Current version: 1.0.0")) << lines;
}

TEST_F(Port, NamesTheJournalThatIsMissing) {
  FakeChip::remove_partition(ESP_PARTITION_TYPE_DATA, 0x4F);
  expect_refusal("wrong_layout");
  EXPECT_TRUE(has_line("No partition otter (data, 0x4F) in the partition table")) << lines;
}

TEST_F(Port, NamesTheOtadataThatIsMissing) {
  FakeChip::remove_partition(ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_DATA_OTA);
  expect_refusal("wrong_layout");
  EXPECT_TRUE(has_line("No partition otadata (data, ota) in the partition table")) << lines;
}

TEST_F(Port, WantsTwoSlots) {
  FakeChip::remove_partition(ESP_PARTITION_TYPE_APP, ESP_PARTITION_SUBTYPE_APP_OTA_MIN + 1);
  expect_refusal("no_slot");
}

TEST_F(Port, WantsNoGapBetweenSlots) {
  FakeChip::add_partition(ESP_PARTITION_TYPE_APP, ESP_PARTITION_SUBTYPE_APP_OTA_MIN + 3, 0x20000);
  expect_refusal("no_slot");
}

TEST_F(Port, WantsNvs) {
  FakeChip::has_nvs = false;
  expect_refusal("settings_io");
}

TEST_F(Port, SaysWhatIsNotConfigured) {
  config.hmac_secret = nullptr;
  expect_refusal("missing_field");
  EXPECT_TRUE(
      has_line("No release key: set OTA_RELEASE_KEY or OTA_ROOT (HMAC_SECRET_KEY, on the "
               "bench)"))
      << lines;
  config.hmac_secret = "0123456789abcdef0123456789abcdef";
  config.server_host = "";
  expect_refusal("missing_field");
  EXPECT_TRUE(has_line("No server: set OTA_SERVER_HOST")) << lines;
}

TEST_F(Port, WhatNvsHoldsWins) {
  FakeChip::nvs["server_host"] = "https://otter.example";
  expect_refusal("malformed");
}

TEST_F(Port, DoesNothingByHandBeforeItHasBegun) {
  EXPECT_FALSE(ota.check_for_updates());
  EXPECT_FALSE(ota.download_and_install_update());
  EXPECT_FALSE(ota.download_chunk(0, 4096));
  EXPECT_FALSE(ota.verify_firmware("", ""));
  EXPECT_FALSE(ota.roll_back());
  EXPECT_FALSE(ota.validate_server_certificate());
  EXPECT_FALSE(ota.hmac_holds("x", 1, ""));
  EXPECT_EQ(ota.sha256_of("x", 1).error, Error::low_memory);
  EXPECT_EQ(ota.new_http(), nullptr);
  EXPECT_FALSE(ota.start_task());
  EXPECT_TRUE(ota.is_idle());
  EXPECT_GT(ota.loop(), 0u);
}

TEST_F(Port, HashesOnceItHasBegun) {
  ASSERT_TRUE(ota.begin(config)) << lines;
  EXPECT_STREQ(to_hex(ota.sha256_of("abc", 3).value).characters,
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

// DEBUG_OTA is this number.
std::string logged_at(int level) {
  ChipCrypto crypto;
  EXPECT_EQ(crypto.begin(), Error::ok);
  EspBoard board;
  static uint8_t scratch[12 * 1024];
  lines.clear();
  EXPECT_EQ(board.begin("", static_cast<LogLevel>(level), keep_line, crypto, scratch), Error::ok);
  board.log(LogLevel::error, "a");
  board.log(LogLevel::info, "b");
  board.log(LogLevel::debug, "c");
  return lines;
}

TEST_F(Port, LogsUpToItsLevel) {
  EXPECT_EQ(logged_at(0), "[OTA] a\n");
  EXPECT_EQ(logged_at(1), "[OTA] a\n[OTA] b\n");
  EXPECT_EQ(logged_at(2), "[OTA] a\n[OTA] b\n[OTA] c\n");
}

TEST_F(Port, KnowsWhyTheChipStarted) {
  const std::pair<esp_reset_reason_t, ResetReason> expected[] = {
      {ESP_RST_POWERON, ResetReason::power_on},
      {ESP_RST_EXT, ResetReason::external},
      {ESP_RST_USB, ResetReason::external},
      {ESP_RST_JTAG, ResetReason::external},
      {ESP_RST_SDIO, ResetReason::external},
      {ESP_RST_SW, ResetReason::software},
      {ESP_RST_PANIC, ResetReason::panic},
      {ESP_RST_CPU_LOCKUP, ResetReason::panic},
      {ESP_RST_INT_WDT, ResetReason::interrupt_watchdog},
      {ESP_RST_TASK_WDT, ResetReason::task_watchdog},
      {ESP_RST_WDT, ResetReason::other_watchdog},
      {ESP_RST_DEEPSLEEP, ResetReason::deep_sleep},
      {ESP_RST_BROWNOUT, ResetReason::brownout},
      {ESP_RST_PWR_GLITCH, ResetReason::brownout},
      {ESP_RST_EFUSE, ResetReason::unknown},
  };
  for (const auto& [chips, ours] : expected) {
    FakeChip::reset_reason = chips;
    EXPECT_EQ(EspBoard().reset_reason(), ours) << chips;
  }
}

TEST_F(Port, NeedsAnAddressForANetwork) {
  EXPECT_FALSE(network_is_up());
  FakeChip::ipv4 = 0x0202000A;
  EXPECT_TRUE(network_is_up());
  FakeChip::is_netif_up = false;
  EXPECT_FALSE(network_is_up());
  FakeChip::has_netif = false;
  EXPECT_FALSE(network_is_up());
}

TEST_F(Port, TakesIpv6ThatIsGoodBeyondTheLink) {
  FakeChip::ipv6 = {ESP_IP6_ADDR_IS_LINK_LOCAL, ESP_IP6_ADDR_IS_UNKNOWN};
  EXPECT_FALSE(network_is_up());
  FakeChip::ipv6 = {ESP_IP6_ADDR_IS_LINK_LOCAL, ESP_IP6_ADDR_IS_UNIQUE_LOCAL};
  EXPECT_TRUE(network_is_up());
  FakeChip::ipv6 = {ESP_IP6_ADDR_IS_LINK_LOCAL, ESP_IP6_ADDR_IS_GLOBAL};
  EXPECT_TRUE(network_is_up());
}

// Wi-Fi is started once for all of these tests, as it is once per boot.
class Wifi : public Port {
 protected:
  Wifi() {
    static const bool is_first = [] {
      connect_wifi("the network", "its password", 0);
      return true;
    }();
    (void)is_first;
    FakeChip::tell(IP_EVENT, IP_EVENT_STA_GOT_IP);
    FakeChip::connects = 0;
  }
  // The access point is lost; gives after how many seconds it is tried again.
  static uint64_t delay_s() {
    FakeChip::tell(WIFI_EVENT, WIFI_EVENT_STA_DISCONNECTED);
    return FakeChip::timer_us / 1000000;
  }
};

TEST_F(Wifi, IsToldNetworkAndPassword) {
  EXPECT_STREQ(reinterpret_cast<const char*>(FakeChip::station.ssid), "the network");
  EXPECT_STREQ(reinterpret_cast<const char*>(FakeChip::station.password), "its password");
}

TEST_F(Wifi, IsTriedAgainAfterOneToSixtySeconds) {
  for (const uint64_t expected : {1, 2, 4, 8, 16, 32, 60, 60, 60}) EXPECT_EQ(delay_s(), expected);
}

TEST_F(Wifi, BeginsAnewOnceThereWasAnAddress) {
  for (int i = 0; i < 9; ++i) delay_s();
  FakeChip::tell(IP_EVENT, IP_EVENT_STA_GOT_IP);
  EXPECT_EQ(delay_s(), 1u);
}

TEST_F(Wifi, ConnectsWhenTheDelayIsOver) {
  delay_s();
  EXPECT_EQ(FakeChip::connects, 0);
  FakeChip::fire_timer();
  EXPECT_EQ(FakeChip::connects, 1);
}

TEST_F(Wifi, IsWaitedForNoLongerThanTheTimeout) {
  EXPECT_FALSE(connect_wifi("the network", "its password", 15000));
  EXPECT_EQ(FakeChip::now_ms, 15000u);
  EXPECT_FALSE(connect_wifi("the network", "its password", 0));
  EXPECT_EQ(FakeChip::now_ms, 15000u);
}

TEST_F(Wifi, IsThereAsSoonAsThereIsAnAddress) {
  FakeChip::on_delay = [] {
    if (FakeChip::now_ms >= 3000) FakeChip::ipv4 = 0x0202000A;
  };
  EXPECT_TRUE(connect_wifi("the network", "its password", 15000));
  EXPECT_EQ(FakeChip::now_ms, 3000u);
}

}  // namespace
}  // namespace otter
