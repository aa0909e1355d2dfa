// Writes the image of an NVS partition, as ESP-IDF's nvs_flash reads and goes on writing it: format
// version 2, not encrypted, one namespace. Byte for byte what nvs_set_*() in the same order leave
// on erased flash. docs/spec/nvs.md. Pure, any thread.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "ota/wire/bytes.h"

namespace otter {

constexpr uint32_t kNvsPageSize = 4096;             // [bytes] SPI_FLASH_SEC_SIZE
constexpr uint32_t kNvsSizeMin = 3 * kNvsPageSize;  // [bytes] of a partition that is written to
constexpr uint32_t kNvsSizeMax = 16 * 1024 * 1024;  // [bytes] of the largest flash that is usual
constexpr size_t kNvsEntriesOffset = 64;            // [bytes] in the page
constexpr size_t kNvsEntrySize = 32;                // [bytes]
constexpr size_t kNvsEntriesPerPage = 126;
constexpr size_t kNvsKeySizeMax = 15;                   // [characters] NVS_KEY_NAME_MAX_SIZE - 1
constexpr size_t kNvsTextSizeMax = 4000 - 1;            // [characters] without the NUL
constexpr size_t kNvsBlobSizeMax = 127 * size_t{4000};  // [bytes]

// A size or value that NVS can't hold. what(): one line that names the key, and the limit.
struct NvsError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

using NvsValue = std::variant<uint16_t, std::string, std::vector<uint8_t>>;
struct NvsItem {
  std::string key;
  NvsValue value;  // u16, string or blob
};

// The image: `size_bytes` of it, in the order of `items`.
//
// Errors: NvsError (the size is no multiple of kNvsPageSize, or not in [kNvsSizeMin, kNvsSizeMax];
//         a name or key is empty, too long or not ASCII; a key comes twice; a value is too long; a
//         text holds a NUL; all of them do not fit into the pages but one)
std::vector<uint8_t> write_nvs_image(const std::string& name_space,
                                     const std::vector<NvsItem>& items, uint32_t size_bytes);

// REQUIRES: page.size == kNvsPageSize, entry < kNvsEntriesPerPage
bool is_nvs_entry_written(Bytes page, size_t entry);

}  // namespace otter
