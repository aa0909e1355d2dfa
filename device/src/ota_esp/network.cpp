#include "ota_esp/network.h"

#include <esp_netif.h>

namespace otter {

bool network_is_up() {
  esp_netif_t* netif = esp_netif_get_default_netif();
  if (netif == nullptr || !esp_netif_is_netif_up(netif)) return false;
  esp_netif_ip_info_t address = {};
  return esp_netif_get_ip_info(netif, &address) == ESP_OK && address.ip.addr != 0;
}

}  // namespace otter
