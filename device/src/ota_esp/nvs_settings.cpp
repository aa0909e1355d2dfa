#include "ota_esp/nvs_settings.h"

#include <nvs_flash.h>

namespace otter {
namespace {

constexpr char kNamespace[] = "otter";

const char* key_of(Setting setting) {
  return setting == Setting::device_key ? "device_key" : "next_key";
}

// What was never set has size 0.
Result<size_t> loaded(esp_err_t code, size_t size) {
  if (code == ESP_ERR_NVS_NOT_FOUND) return size_t{0};
  if (code == ESP_ERR_NVS_INVALID_LENGTH) return Error::too_large;
  return code == ESP_OK ? Result<size_t>(size) : Error::settings_io;
}

}  // namespace

NvsSettings::~NvsSettings() {
  if (handle_ != 0) nvs_close(handle_);
}

Error NvsSettings::begin() {
  if (handle_ != 0) return Error::ok;
  const esp_err_t started = nvs_flash_init();  // ESP_OK too if it has been called before
  if (started != ESP_OK) return Error::settings_io;
  return nvs_open(kNamespace, NVS_READWRITE, &handle_) == ESP_OK ? Error::ok : Error::settings_io;
}

Result<size_t> NvsSettings::load(Setting setting, MutableBytes out) {
  return load_bytes(key_of(setting), out);
}

// nvs_commit() makes it last; until then, and after a cut, the old value is there.
Error NvsSettings::store(Setting setting, Bytes value) {
  const char* key = key_of(setting);
  esp_err_t code = value.size > 0 ? nvs_set_blob(handle_, key, value.data, value.size)
                                  : nvs_erase_key(handle_, key);
  if (value.size == 0 && code == ESP_ERR_NVS_NOT_FOUND) return Error::ok;
  if (code == ESP_OK) code = nvs_commit(handle_);
  return code == ESP_OK ? Error::ok : Error::settings_io;
}

Result<size_t> NvsSettings::load_text(const char* key, char* out, size_t out_size) {
  size_t size = out_size;
  const esp_err_t code = nvs_get_str(handle_, key, out, &size);
  if (code != ESP_OK || size == 0) return loaded(code, 0);
  return size - 1;  // it counts the NUL
}

Result<size_t> NvsSettings::load_bytes(const char* key, MutableBytes out) {
  size_t size = out.size;
  const esp_err_t code = nvs_get_blob(handle_, key, out.size > 0 ? out.data : nullptr, &size);
  return loaded(code, size);
}

uint16_t NvsSettings::load_number(const char* key, uint16_t otherwise) {
  uint16_t value = otherwise;
  return nvs_get_u16(handle_, key, &value) == ESP_OK ? value : otherwise;
}

}  // namespace otter
