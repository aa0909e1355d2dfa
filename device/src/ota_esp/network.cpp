#include "ota_esp/network.h"

#include <esp_netif.h>
#include <sdkconfig.h>

namespace otter {
namespace {

bool has_ipv4(esp_netif_t* netif) {
  esp_netif_ip_info_t address = {};
  return esp_netif_get_ip_info(netif, &address) == ESP_OK && address.ip.addr != 0;
}

#if CONFIG_LWIP_IPV6
// Whether it has an address that is good beyond its own link: a global one, or a unique local one,
// as Thread networks hand out. One that ends within the mesh counts, too: then it is the server
// that does not answer.
bool has_ipv6(esp_netif_t* netif) {
  esp_ip6_addr_t addresses[CONFIG_LWIP_IPV6_NUM_ADDRESSES];
  const int count = esp_netif_get_all_ip6(netif, addresses);
  for (int i = 0; i < count; ++i) {
    const esp_ip6_addr_type_t type = esp_netif_ip6_get_addr_type(&addresses[i]);
    if (type == ESP_IP6_ADDR_IS_GLOBAL || type == ESP_IP6_ADDR_IS_UNIQUE_LOCAL) return true;
  }
  return false;
}
#else
bool has_ipv6(esp_netif_t*) { return false; }
#endif

}  // namespace

bool network_is_up() {
  esp_netif_t* netif = esp_netif_get_default_netif();
  if (netif == nullptr || !esp_netif_is_netif_up(netif)) return false;
  return has_ipv4(netif) || has_ipv6(netif);
}

}  // namespace otter
