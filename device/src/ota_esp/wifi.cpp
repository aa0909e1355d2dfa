// Wi-Fi of network.h, for chips and firmware that have it.
#include <freertos/FreeRTOS.h>
#include <freertos/task.h>
#include <sdkconfig.h>

#include "ota_esp/network.h"

#if CONFIG_ESP_WIFI_ENABLED || CONFIG_ESP32_WIFI_ENABLED
#include <esp_event.h>
#include <esp_netif.h>
#include <esp_timer.h>
#include <esp_wifi.h>
#include <nvs_flash.h>
#include <string.h>

namespace otter {
namespace {

constexpr uint32_t kPoll = 100;                    // [ms]
constexpr uint64_t kDelayFirst = 1000 * 1000;      // [us]
constexpr uint64_t kDelayMost = 60 * 1000 * 1000;  // [us]

esp_timer_handle_t retry_timer = nullptr;
uint64_t retry_delay = kDelayFirst;

void try_again(void*) { esp_wifi_connect(); }

void on_event(void*, esp_event_base_t base, int32_t id, void*) {
  if (base == IP_EVENT) {
    retry_delay = kDelayFirst;
  } else if (id == WIFI_EVENT_STA_START) {
    esp_wifi_connect();
  } else if (id == WIFI_EVENT_STA_DISCONNECTED) {
    esp_timer_start_once(retry_timer, retry_delay);
    retry_delay = retry_delay * 2 < kDelayMost ? retry_delay * 2 : kDelayMost;
  }
}

bool is_good(esp_err_t code) { return code == ESP_OK || code == ESP_ERR_INVALID_STATE; }

bool is_started = false;

bool start(const char* ssid, const char* password) {
  if (nvs_flash_init() != ESP_OK) return false;  // where Wi-Fi keeps its calibration
  const esp_timer_create_args_t timer = {.callback = try_again,
                                         .arg = nullptr,
                                         .dispatch_method = ESP_TIMER_TASK,
                                         .name = "otter_wifi",
                                         .skip_unhandled_events = true};
  if (retry_timer == nullptr && esp_timer_create(&timer, &retry_timer) != ESP_OK) return false;
  if (!is_good(esp_netif_init()) || !is_good(esp_event_loop_create_default())) return false;
  if (esp_netif_get_handle_from_ifkey("WIFI_STA_DEF") == nullptr) {
    esp_netif_create_default_wifi_sta();
  }
  const wifi_init_config_t init = WIFI_INIT_CONFIG_DEFAULT();
  wifi_config_t config = {};
  strncpy(reinterpret_cast<char*>(config.sta.ssid), ssid, sizeof(config.sta.ssid));
  strncpy(reinterpret_cast<char*>(config.sta.password), password, sizeof(config.sta.password));
  return esp_wifi_init(&init) == ESP_OK &&
         esp_event_handler_register(WIFI_EVENT, ESP_EVENT_ANY_ID, on_event, nullptr) == ESP_OK &&
         esp_event_handler_register(IP_EVENT, IP_EVENT_STA_GOT_IP, on_event, nullptr) == ESP_OK &&
         esp_wifi_set_storage(WIFI_STORAGE_RAM) == ESP_OK &&
         esp_wifi_set_mode(WIFI_MODE_STA) == ESP_OK &&
         esp_wifi_set_config(WIFI_IF_STA, &config) == ESP_OK && esp_wifi_start() == ESP_OK;
}

}  // namespace

bool connect_wifi(const char* ssid, const char* password, uint32_t timeout_ms) {
  if (!is_started) is_started = start(ssid, password);
  if (!is_started) return false;
  for (uint32_t waited = 0; waited < timeout_ms && !network_is_up(); waited += kPoll) {
    vTaskDelay(pdMS_TO_TICKS(kPoll));
  }
  return network_is_up();
}

int16_t wifi_rssi_dbm() {
  wifi_ap_record_t access_point = {};
  return esp_wifi_sta_get_ap_info(&access_point) == ESP_OK ? access_point.rssi : int16_t{0};
}

}  // namespace otter

#else
namespace otter {

bool connect_wifi(const char*, const char*, uint32_t) { return network_is_up(); }
int16_t wifi_rssi_dbm() { return 0; }

}  // namespace otter
#endif
