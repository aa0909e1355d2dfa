// Ethernet: MACs and PHYs. Only what Otter uses: tools/idf_signatures.py compares it with ESP-IDF.
#pragma once

#include <esp_err.h>
#include <stdint.h>

typedef struct {
  uint32_t sw_reset_timeout_ms;
} eth_mac_config_t;
typedef struct {
  uint32_t autonego_timeout_ms;
  int reset_gpio_num;
} eth_phy_config_t;
typedef struct {
  int dma_burst_len;  // stub
} eth_esp32_emac_config_t;
typedef struct esp_eth_mac_s esp_eth_mac_t;
typedef struct esp_eth_phy_s esp_eth_phy_t;
typedef struct {
  esp_eth_mac_t* mac;
  esp_eth_phy_t* phy;
} esp_eth_config_t;
typedef void* esp_eth_handle_t;
typedef struct esp_eth_netif_glue_t* esp_eth_netif_glue_handle_t;

#define ETH_MAC_DEFAULT_CONFIG() {100}
#define ETH_PHY_DEFAULT_CONFIG() {4000, 5}
#define ETH_ESP32_EMAC_DEFAULT_CONFIG() {32}
#define ETH_DEFAULT_CONFIG(emac, ephy) {emac, ephy}

extern "C" {
esp_eth_mac_t* esp_eth_mac_new_esp32(const eth_esp32_emac_config_t* esp32_config,
                                     const eth_mac_config_t* config);
esp_eth_mac_t* esp_eth_mac_new_openeth(const eth_mac_config_t* config);
#if OTTER_IDF_VERSION >= 505
esp_eth_phy_t* esp_eth_phy_new_generic(const eth_phy_config_t* config);  // since 5.5
#endif
#if OTTER_IDF_VERSION < 600
esp_eth_phy_t* esp_eth_phy_new_dp83848(const eth_phy_config_t* config);  // until 6.0
esp_eth_phy_t* esp_eth_phy_new_lan87xx(const eth_phy_config_t* config);  // until 6.0
#endif
esp_err_t esp_eth_driver_install(const esp_eth_config_t* config, esp_eth_handle_t* out_hdl);
esp_eth_netif_glue_handle_t esp_eth_new_netif_glue(esp_eth_handle_t eth_hdl);
esp_err_t esp_eth_start(esp_eth_handle_t hdl);
}
