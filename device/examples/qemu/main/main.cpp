// The smallest application with Otter that runs in QEMU: Ethernet in place of Wi-Fi, and nothing
// to do but updates. config.h comes by the compiler's option -include.
#include <OtterConfig.h>
#include <esp_eth.h>
#include <esp_event.h>
#include <esp_idf_version.h>
#include <esp_netif.h>

namespace {

// ESP-IDF 6 has no driver for single PHYs any more, 5.1 none for all of them.
esp_eth_phy_t* new_phy(const eth_phy_config_t& config) {
#if ESP_IDF_VERSION_MAJOR >= 6
  return esp_eth_phy_new_generic(&config);
#else
  return esp_eth_phy_new_dp83848(&config);
#endif
}

// Source: ESP-IDF v5.5, examples/common_components/protocol_examples_common/eth_connect.c
bool start_ethernet() {
  if (esp_netif_init() != ESP_OK || esp_event_loop_create_default() != ESP_OK) return false;
  const esp_netif_config_t netif_config = ESP_NETIF_DEFAULT_ETH();
  esp_netif_t* netif = esp_netif_new(&netif_config);
  const eth_mac_config_t mac_config = ETH_MAC_DEFAULT_CONFIG();
  eth_phy_config_t phy_config = ETH_PHY_DEFAULT_CONFIG();
  phy_config.autonego_timeout_ms = 100;
  phy_config.reset_gpio_num = -1;
  const esp_eth_config_t config =
      ETH_DEFAULT_CONFIG(esp_eth_mac_new_openeth(&mac_config), new_phy(phy_config));
  esp_eth_handle_t driver = nullptr;
  return esp_eth_driver_install(&config, &driver) == ESP_OK &&
         esp_netif_attach(netif, esp_eth_new_netif_glue(driver)) == ESP_OK &&
         esp_eth_start(driver) == ESP_OK;
}

}  // namespace

extern "C" void app_main() {
  ota.begin(otterConfig());
  if (start_ethernet()) ota.start_task();
}
