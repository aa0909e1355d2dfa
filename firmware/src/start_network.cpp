#include "start_network.h"

#include <sdkconfig.h>

#if CONFIG_OTTER_EMAC_ETHERNET || CONFIG_OTTER_QEMU_ETHERNET
#include <esp_eth.h>
#include <esp_event.h>
#include <esp_idf_version.h>
#include <esp_netif.h>

namespace {

esp_eth_mac_t* new_mac() {
  const eth_mac_config_t config = ETH_MAC_DEFAULT_CONFIG();
#if CONFIG_OTTER_QEMU_ETHERNET
  return esp_eth_mac_new_openeth(&config);
#else
  const eth_esp32_emac_config_t pins = ETH_ESP32_EMAC_DEFAULT_CONFIG();
  return esp_eth_mac_new_esp32(&pins, &config);
#endif
}

// Drivers of single PHYs left ESP-IDF in 6.0; 5.5 has one for all that follow IEEE 802.3.
esp_eth_phy_t* new_phy() {
  eth_phy_config_t config = ETH_PHY_DEFAULT_CONFIG();
  config.reset_gpio_num = -1;
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
  return esp_eth_phy_new_generic(&config);
#elif CONFIG_OTTER_QEMU_ETHERNET
  config.autonego_timeout_ms = 100;
  return esp_eth_phy_new_dp83848(&config);
#else
  return esp_eth_phy_new_lan87xx(&config);
#endif
}

}  // namespace

bool start_network() {
  if (esp_netif_init() != ESP_OK || esp_event_loop_create_default() != ESP_OK) return false;
  const esp_netif_config_t config = ESP_NETIF_DEFAULT_ETH();
  esp_netif_t* netif = esp_netif_new(&config);
  const esp_eth_config_t driver = ETH_DEFAULT_CONFIG(new_mac(), new_phy());
  esp_eth_handle_t ethernet = nullptr;
  return netif != nullptr && esp_eth_driver_install(&driver, &ethernet) == ESP_OK &&
         esp_netif_attach(netif, esp_eth_new_netif_glue(ethernet)) == ESP_OK &&
         esp_eth_start(ethernet) == ESP_OK;
}

#else
#include "config.h"
// config.h comes first: OtterConfig.h takes its names.
#include <OtterConfig.h>

bool start_network() { return connectWiFi(); }

#endif
