// Partitions. Only what Otter uses: tools/idf_signatures.py compares it with ESP-IDF.
#pragma once

#include <esp_err.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
  ESP_PARTITION_TYPE_APP,
  ESP_PARTITION_TYPE_DATA,
} esp_partition_type_t;
typedef enum {
  ESP_PARTITION_SUBTYPE_APP_FACTORY,
  ESP_PARTITION_SUBTYPE_APP_OTA_MIN,
  ESP_PARTITION_SUBTYPE_DATA_OTA,
  ESP_PARTITION_SUBTYPE_DATA_COREDUMP,
  ESP_PARTITION_SUBTYPE_ANY = 0xFF,  // so all numbers below are values of this type
} esp_partition_subtype_t;
typedef struct {
  uint32_t address;
  uint32_t size;
  bool encrypted;
} esp_partition_t;

extern "C" {
const esp_partition_t* esp_partition_find_first(esp_partition_type_t type,
                                                esp_partition_subtype_t subtype, const char* label);
esp_err_t esp_partition_read(const esp_partition_t* partition, size_t src_offset, void* dst,
                             size_t size);
esp_err_t esp_partition_read_raw(const esp_partition_t* partition, size_t src_offset, void* dst,
                                 size_t size);
esp_err_t esp_partition_write(const esp_partition_t* partition, size_t dst_offset, const void* src,
                              size_t size);
esp_err_t esp_partition_erase_range(const esp_partition_t* partition, size_t offset, size_t size);
}
