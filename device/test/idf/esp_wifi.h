// Wi-Fi as a station. Only what Otter uses: tools/idf_signatures.py compares it with ESP-IDF.
#pragma once

#include <esp_err.h>
#include <esp_event.h>
#include <esp_netif.h>
#include <stdint.h>

typedef struct {
  int magic;
} wifi_init_config_t;
typedef struct {
  uint8_t ssid[32];
  uint8_t password[64];
} wifi_sta_config_t;
typedef union {
  wifi_sta_config_t sta;
} wifi_config_t;
typedef struct {
  int8_t rssi;
} wifi_ap_record_t;
typedef enum {
  WIFI_IF_STA,
} wifi_interface_t;
typedef enum {
  WIFI_MODE_STA,
} wifi_mode_t;
typedef enum {
  WIFI_STORAGE_RAM,
} wifi_storage_t;
typedef enum {
  WIFI_EVENT_STA_START,
  WIFI_EVENT_STA_DISCONNECTED,
} wifi_event_t;
extern "C" esp_event_base_t const WIFI_EVENT;  // stub
#define WIFI_INIT_CONFIG_DEFAULT() {1}

extern "C" {
esp_netif_t* esp_netif_create_default_wifi_sta(void);
esp_err_t esp_wifi_init(const wifi_init_config_t* config);
esp_err_t esp_wifi_set_storage(wifi_storage_t storage);
esp_err_t esp_wifi_set_mode(wifi_mode_t mode);
esp_err_t esp_wifi_set_config(wifi_interface_t interface, wifi_config_t* conf);
esp_err_t esp_wifi_start(void);
esp_err_t esp_wifi_connect(void);
esp_err_t esp_wifi_sta_get_ap_info(wifi_ap_record_t* ap_info);
}
