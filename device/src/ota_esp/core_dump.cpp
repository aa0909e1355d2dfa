#include "ota_esp/core_dump.h"

#include <esp_idf_version.h>
#include <sdkconfig.h>

#if CONFIG_ESP_COREDUMP_ENABLE_TO_FLASH
#include <esp_core_dump.h>
#include <esp_partition.h>
#include <stdio.h>

#include "ota/log_line.h"

namespace otter {
namespace {

const esp_partition_t* find_partition() {
  return esp_partition_find_first(ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_DATA_COREDUMP,
                                  nullptr);
}

}  // namespace

void EspCoreDump::find() {
  const esp_partition_t* partition = find_partition();
  size_t address = 0;  // [bytes in flash]
  size_t size = 0;
  if (partition == nullptr || esp_core_dump_image_check() != ESP_OK ||
      esp_core_dump_image_get(&address, &size) != ESP_OK || address < partition->address) {
    return;
  }
  offset_ = static_cast<uint32_t>(address) - partition->address;
  size_bytes_ = static_cast<uint32_t>(size);
}

Error EspCoreDump::read(uint32_t offset, MutableBytes out) {
  if (offset > size_bytes_ || out.size > size_bytes_ - offset) return Error::out_of_range;
  if (out.size == 0) return Error::ok;
  const esp_err_t code = esp_partition_read(find_partition(), offset_ + offset, out.data, out.size);
  return code == ESP_OK ? Error::ok : Error::flash_io;
}

Error EspCoreDump::erase() {
  if (size_bytes_ == 0) return Error::ok;
  if (esp_core_dump_image_erase() != ESP_OK) return Error::flash_io;
  size_bytes_ = 0;
  return Error::ok;
}

// Since ESP-IDF 6.0 there is no other format.
#if CONFIG_ESP_COREDUMP_DATA_FORMAT_ELF || ESP_IDF_VERSION_MAJOR >= 6
void EspCoreDump::log(Board& board) const {
  esp_core_dump_summary_t summary;
  if (size_bytes_ == 0 || esp_core_dump_get_summary(&summary) != ESP_OK) return;
  char where[64];
  snprintf(where, sizeof(where), "%.*s at 0x%08lx", static_cast<int>(sizeof(summary.exc_task)),
           summary.exc_task, static_cast<unsigned long>(summary.exc_pc));
  LogLine(board, LogLevel::error).text("Crashed before this start: task ").text(where);
  char reason[128] = {};
  if (esp_core_dump_get_panic_reason(reason, sizeof(reason)) == ESP_OK) {
    LogLine(board, LogLevel::error).text("Crash: ").text(reason);
  }
}
#else
void EspCoreDump::log(Board& board) const {
  if (size_bytes_ == 0) return;
  LogLine(board, LogLevel::error).text("Crashed before this start: there is a core dump");
}
#endif

}  // namespace otter

#else
namespace otter {

void EspCoreDump::find() {}
Error EspCoreDump::read(uint32_t, MutableBytes out) {
  return out.size == 0 ? Error::ok : Error::out_of_range;
}
Error EspCoreDump::erase() { return Error::ok; }
void EspCoreDump::log(Board&) const {}

}  // namespace otter
#endif
