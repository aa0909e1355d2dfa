// Network interfaces. Only what Otter uses: tools/idf_signatures.py compares it with ESP-IDF.
#pragma once

#include <esp_err.h>
#include <esp_event.h>
#include <sdkconfig.h>
#include <stdint.h>

typedef struct esp_netif_obj esp_netif_t;
typedef void* esp_netif_iodriver_handle;
typedef struct {
  uint32_t addr;
} esp_ip4_addr_t;
typedef struct {
  esp_ip4_addr_t ip;
} esp_netif_ip_info_t;
typedef struct esp_ip6_addr {
  uint32_t addr[4];
  uint8_t zone;
} esp_ip6_addr_t;
typedef enum {
  ESP_IP6_ADDR_IS_UNKNOWN,
  ESP_IP6_ADDR_IS_GLOBAL,
  ESP_IP6_ADDR_IS_LINK_LOCAL,
  ESP_IP6_ADDR_IS_UNIQUE_LOCAL,
} esp_ip6_addr_type_t;
typedef struct {
  int base;  // stub
} esp_netif_config_t;
typedef enum {
  IP_EVENT_STA_GOT_IP,
} ip_event_t;
extern "C" esp_event_base_t const IP_EVENT;  // stub
#define ESP_NETIF_DEFAULT_ETH() {0}

extern "C" {
esp_err_t esp_netif_init(void);
esp_netif_t* esp_netif_new(const esp_netif_config_t* esp_netif_config);
esp_err_t esp_netif_attach(esp_netif_t* esp_netif, esp_netif_iodriver_handle driver_handle);
esp_netif_t* esp_netif_get_default_netif(void);
esp_netif_t* esp_netif_get_handle_from_ifkey(const char* if_key);
bool esp_netif_is_netif_up(esp_netif_t* esp_netif);
esp_err_t esp_netif_get_ip_info(esp_netif_t* esp_netif, esp_netif_ip_info_t* ip_info);
#if CONFIG_LWIP_IPV6
int esp_netif_get_all_ip6(esp_netif_t* esp_netif, esp_ip6_addr_t if_ip6[]);
#endif
#if OTTER_IDF_VERSION < 600
esp_ip6_addr_type_t esp_netif_ip6_get_addr_type(esp_ip6_addr_t* ip6_addr);  // until 6.0
#else
esp_ip6_addr_type_t esp_netif_ip6_get_addr_type(const esp_ip6_addr_t* ip6_addr);  // since 6.0
#endif
}
