#include "device/test/fake_chip.h"

#include <esp_chip_info.h>
#include <esp_efuse.h>
#include <esp_efuse_table.h>
#include <esp_flash.h>
#include <esp_flash_encrypt.h>
#include <esp_http_client.h>
#include <esp_mac.h>
#include <esp_ota_ops.h>
#include <esp_random.h>
#include <esp_secure_boot.h>
#include <esp_task_wdt.h>
#include <esp_timer.h>
#include <esp_tls.h>
#include <freertos/semphr.h>
#include <lwip/inet.h>
#include <nvs.h>
#include <nvs_flash.h>
#include <string.h>

#include <cstdlib>

using otter::FakeChip;
using otter::FakePartition;

struct esp_netif_obj {
  int unused;
};

namespace {

constexpr esp_err_t kFailed = -1;
constexpr uint32_t kSlotSize = 128 * 1024;
constexpr int kJournalSubtype = 0x4F;

struct Handler {
  esp_event_base_t base;
  int32_t id;
  esp_event_handler_t call;
};
std::vector<Handler> handlers;  // for ever, as the port registers them once per boot
esp_timer_create_args_t timer_made = {};
esp_netif_obj netif = {};

std::vector<uint8_t>* bytes_of(const esp_partition_t* partition) {
  for (FakePartition& one : FakeChip::partitions) {
    if (&one.handle == partition) return &one.bytes;
  }
  return nullptr;
}

bool is_within(const esp_partition_t* partition, size_t offset, size_t size) {
  const std::vector<uint8_t>* bytes = bytes_of(partition);
  return bytes != nullptr && offset <= bytes->size() && size <= bytes->size() - offset;
}

// nvs_get_blob() and nvs_get_str() of a value with `end` bytes behind it.
esp_err_t get_value(const char* key, void* out, size_t* size, size_t end) {
  const auto found = FakeChip::nvs.find(key);
  if (found == FakeChip::nvs.end()) return ESP_ERR_NVS_NOT_FOUND;
  const size_t needed = found->second.size() + end;
  const bool fits = *size >= needed;
  *size = needed;
  if (out == nullptr) return ESP_OK;
  if (!fits) return ESP_ERR_NVS_INVALID_LENGTH;
  memcpy(out, found->second.c_str(), needed);
  return ESP_OK;
}

}  // namespace

void FakeChip::reset() {
  partitions.clear();
  add_partition(ESP_PARTITION_TYPE_APP, ESP_PARTITION_SUBTYPE_APP_OTA_MIN, kSlotSize);
  add_partition(ESP_PARTITION_TYPE_APP, ESP_PARTITION_SUBTYPE_APP_OTA_MIN + 1, kSlotSize);
  add_partition(ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_DATA_OTA, 0x2000);
  add_partition(ESP_PARTITION_TYPE_DATA, kJournalSubtype, 0x8000);
  reset_reason = ESP_RST_POWERON;
  has_nvs = true;
  nvs.clear();
  has_netif = true;
  is_netif_up = true;
  ipv4 = 0;
  ipv6.clear();
  now_ms = 0;
  on_delay = nullptr;
  timer_us = 0;
  connects = 0;
}

void FakeChip::add_partition(int type, int subtype, uint32_t size_bytes) {
  const uint32_t address = 0x10000 + static_cast<uint32_t>(partitions.size()) * kSlotSize;
  partitions.push_back(
      {type, subtype, {address, size_bytes, false}, std::vector<uint8_t>(size_bytes, 0xFF)});
}

void FakeChip::remove_partition(int type, int subtype) {
  partitions.remove_if(
      [=](const FakePartition& one) { return one.type == type && one.subtype == subtype; });
}

void FakeChip::tell(esp_event_base_t base, int32_t id) {
  for (const Handler& one : handlers) {
    if (one.base == base && (one.id == ESP_EVENT_ANY_ID || one.id == id)) {
      one.call(nullptr, base, id, nullptr);
    }
  }
}

void FakeChip::fire_timer() { timer_made.callback(timer_made.arg); }

const esp_efuse_desc_t* ESP_EFUSE_DIS_PAD_JTAG[] = {nullptr};
const esp_efuse_desc_t* ESP_EFUSE_DIS_USB_JTAG[] = {nullptr};

extern "C" {

// Partitions and flash.
const esp_partition_t* esp_partition_find_first(esp_partition_type_t type,
                                                esp_partition_subtype_t subtype, const char*) {
  for (const FakePartition& one : FakeChip::partitions) {
    if (one.type == type && one.subtype == static_cast<int>(subtype)) return &one.handle;
  }
  return nullptr;
}
esp_err_t esp_partition_read(const esp_partition_t* partition, size_t offset, void* out,
                             size_t size) {
  if (!is_within(partition, offset, size)) return kFailed;
  memcpy(out, bytes_of(partition)->data() + offset, size);
  return ESP_OK;
}
esp_err_t esp_partition_read_raw(const esp_partition_t* partition, size_t offset, void* out,
                                 size_t size) {
  return esp_partition_read(partition, offset, out, size);
}
esp_err_t esp_partition_write(const esp_partition_t* partition, size_t offset, const void* data,
                              size_t size) {
  if (!is_within(partition, offset, size)) return kFailed;
  for (size_t i = 0; i < size; ++i) {
    (*bytes_of(partition))[offset + i] &= static_cast<const uint8_t*>(data)[i];
  }
  return ESP_OK;
}
esp_err_t esp_partition_erase_range(const esp_partition_t* partition, size_t offset, size_t size) {
  if (!is_within(partition, offset, size)) return kFailed;
  memset(bytes_of(partition)->data() + offset, 0xFF, size);
  return ESP_OK;
}
const esp_partition_t* esp_ota_get_running_partition(void) {
  return esp_partition_find_first(ESP_PARTITION_TYPE_APP, ESP_PARTITION_SUBTYPE_APP_OTA_MIN, "");
}
esp_err_t esp_flash_read_encrypted(esp_flash_t*, uint32_t, void* out, uint32_t size) {
  memset(out, 0xFF, size);
  return ESP_OK;
}

// The chip and its clock.
esp_reset_reason_t esp_reset_reason(void) { return FakeChip::reset_reason; }
uint32_t esp_get_minimum_free_heap_size(void) { return 100 * 1024; }
void esp_restart(void) { abort(); }
void esp_chip_info(esp_chip_info_t* out) { out->revision = 100; }
esp_err_t esp_efuse_mac_get_default(uint8_t* mac) {
  memset(mac, 0xA4, 6);
  return ESP_OK;
}
bool esp_efuse_read_field_bit(const esp_efuse_desc_t*[]) { return false; }
uint32_t esp_efuse_read_secure_version(void) { return 0; }
bool esp_secure_boot_enabled(void) { return false; }
bool esp_flash_encryption_enabled(void) { return false; }
void esp_fill_random(void* out, size_t size) { memset(out, 0x5A, size); }
esp_err_t esp_task_wdt_status(TaskHandle_t) { return kFailed; }
esp_err_t esp_task_wdt_reset(void) { return ESP_OK; }
int64_t esp_timer_get_time(void) { return static_cast<int64_t>(FakeChip::now_ms) * 1000; }
esp_err_t esp_timer_create(const esp_timer_create_args_t* made, esp_timer_handle_t* out) {
  timer_made = *made;
  *out = reinterpret_cast<esp_timer_handle_t>(&timer_made);
  return ESP_OK;
}
esp_err_t esp_timer_start_once(esp_timer_handle_t, uint64_t timeout_us) {
  FakeChip::timer_us = timeout_us;
  return ESP_OK;
}

// Tasks.
BaseType_t stub_create(void);
BaseType_t stub_create(void) { return pdPASS; }  // of xTaskCreate(), by the linker
void vTaskDelete(TaskHandle_t) {}
void vTaskDelay(TickType_t duration) {
  FakeChip::now_ms += duration;
  if (FakeChip::on_delay) FakeChip::on_delay();
}
TaskHandle_t xTaskGetCurrentTaskHandle(void) { return nullptr; }
BaseType_t stub_notify(TaskHandle_t) { return pdPASS; }
uint32_t stub_wait(BaseType_t, TickType_t) { return 1; }
SemaphoreHandle_t stub_semaphore(void) { return nullptr; }
BaseType_t stub_take(SemaphoreHandle_t, TickType_t) { return pdTRUE; }
BaseType_t stub_give(SemaphoreHandle_t) { return pdTRUE; }
void stub_delete(SemaphoreHandle_t) {}

// Keys and values.
esp_err_t nvs_flash_init(void) { return FakeChip::has_nvs ? ESP_OK : kFailed; }
esp_err_t nvs_open(const char*, nvs_open_mode_t, nvs_handle_t* out) {
  *out = 1;
  return ESP_OK;
}
void nvs_close(nvs_handle_t) {}
esp_err_t nvs_commit(nvs_handle_t) { return ESP_OK; }
esp_err_t nvs_get_blob(nvs_handle_t, const char* key, void* out, size_t* size) {
  return get_value(key, out, size, 0);
}
esp_err_t nvs_get_str(nvs_handle_t, const char* key, char* out, size_t* size) {
  return get_value(key, out, size, 1);
}
esp_err_t nvs_get_u16(nvs_handle_t, const char*, uint16_t*) { return ESP_ERR_NVS_NOT_FOUND; }
esp_err_t nvs_set_blob(nvs_handle_t, const char* key, const void* value, size_t size) {
  FakeChip::nvs[key] = std::string(static_cast<const char*>(value), size);
  return ESP_OK;
}
esp_err_t nvs_erase_key(nvs_handle_t, const char* key) {
  return FakeChip::nvs.erase(key) > 0 ? ESP_OK : ESP_ERR_NVS_NOT_FOUND;
}

// The network, which has an address if FakeChip says so.
esp_event_base_t const IP_EVENT = "IP_EVENT";
esp_event_base_t const WIFI_EVENT = "WIFI_EVENT";
esp_err_t esp_event_loop_create_default(void) { return ESP_ERR_INVALID_STATE; }
esp_err_t esp_event_handler_register(esp_event_base_t base, int32_t id, esp_event_handler_t call,
                                     void*) {
  handlers.push_back({base, id, call});
  return ESP_OK;
}
esp_err_t esp_netif_init(void) { return ESP_OK; }
esp_netif_t* esp_netif_get_default_netif(void) { return FakeChip::has_netif ? &netif : nullptr; }
esp_netif_t* esp_netif_get_handle_from_ifkey(const char*) { return nullptr; }
bool esp_netif_is_netif_up(esp_netif_t*) { return FakeChip::is_netif_up; }
esp_err_t esp_netif_get_ip_info(esp_netif_t*, esp_netif_ip_info_t* out) {
  out->ip.addr = FakeChip::ipv4;
  return ESP_OK;
}
int esp_netif_get_all_ip6(esp_netif_t*, esp_ip6_addr_t out[]) {
  int count = 0;
  for (const esp_ip6_addr_type_t type : FakeChip::ipv6) out[count++].addr[0] = type;
  return count;
}
esp_ip6_addr_type_t esp_netif_ip6_get_addr_type(esp_ip6_addr_t* address) {
  return static_cast<esp_ip6_addr_type_t>(address->addr[0]);
}
esp_netif_t* esp_netif_create_default_wifi_sta(void) { return &netif; }
esp_err_t esp_wifi_init(const wifi_init_config_t*) { return ESP_OK; }
esp_err_t esp_wifi_set_storage(wifi_storage_t) { return ESP_OK; }
esp_err_t esp_wifi_set_mode(wifi_mode_t) { return ESP_OK; }
esp_err_t esp_wifi_set_config(wifi_interface_t, wifi_config_t* config) {
  FakeChip::station = config->sta;
  return ESP_OK;
}
esp_err_t esp_wifi_start(void) {
  FakeChip::tell(WIFI_EVENT, WIFI_EVENT_STA_START);
  return ESP_OK;
}
esp_err_t esp_wifi_connect(void) {
  ++FakeChip::connects;
  return ESP_OK;
}
esp_err_t esp_wifi_sta_get_ap_info(wifi_ap_record_t*) { return kFailed; }

// Nobody is to be reached.
in_addr_t stub_address(const char*) { return INADDR_NONE; }
esp_http_client_handle_t esp_http_client_init(const esp_http_client_config_t*) { return nullptr; }
esp_err_t esp_http_client_set_url(esp_http_client_handle_t, const char*) { return kFailed; }
esp_err_t esp_http_client_set_method(esp_http_client_handle_t, esp_http_client_method_t) {
  return kFailed;
}
esp_err_t esp_http_client_set_header(esp_http_client_handle_t, const char*, const char*) {
  return kFailed;
}
esp_err_t esp_http_client_delete_header(esp_http_client_handle_t, const char*) { return kFailed; }
esp_err_t esp_http_client_open(esp_http_client_handle_t, int) { return kFailed; }
int esp_http_client_write(esp_http_client_handle_t, const char*, int) { return kFailed; }
int64_t esp_http_client_fetch_headers(esp_http_client_handle_t) { return kFailed; }
int esp_http_client_get_status_code(esp_http_client_handle_t) { return 0; }
int esp_http_client_read(esp_http_client_handle_t, char*, int) { return kFailed; }
bool esp_http_client_is_complete_data_received(esp_http_client_handle_t) { return false; }
esp_err_t esp_http_client_cleanup(esp_http_client_handle_t) { return ESP_OK; }
esp_err_t esp_tls_get_and_clear_last_error(esp_tls_error_handle_t, int*, int*) { return kFailed; }
}
