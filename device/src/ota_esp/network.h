// The board's network: is there one, and a helper for those who have only Wi-Fi and no wish to set
// it up themselves. An application that brings Ethernet, Thread or its own Wi-Fi needs nothing of
// this but network_is_up(), which asks whichever interface is the default one.
//
// Facts: ESP-IDF v5.1.4, v5.5.5 and v6.0.2, components/esp_netif/include/esp_netif.h (addresses),
// components/openthread/src/esp_openthread_netif_glue.c (Thread is an interface like all others);
// v5.1.4, components/esp_wifi/include/esp_wifi.h
#pragma once

#include <stdint.h>

namespace otter {

// The default interface is up and has an IPv4 address, or, where lwIP has IPv6, one that is global
// or unique local (Thread has no other). Over IPv6 the server needs a name. Any task.
bool network_is_up();

// [dBm] 0: not connected by Wi-Fi, or this chip has none. Any task.
int16_t wifi_rssi_dbm();

// Connects to a Wi-Fi as a station and waits until there is an address, for at most `timeout_ms`.
// From then on it reconnects by itself, with a delay that doubles from 1 s to 60 s, for ever.
// False: no address in time (it goes on trying), or this firmware has no Wi-Fi. `ssid` and
// `password` are copied. Once per boot; later calls only wait. Arduino's WiFi learns nothing of it:
// ask network_is_up(), not WiFi.isConnected().
bool connect_wifi(const char* ssid, const char* password, uint32_t timeout_ms);

}  // namespace otter
