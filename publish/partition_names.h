// The words for partition types, subtypes and flags in a CSV partition table. Pure, any thread.
//
// Source: SUBTYPES and TYPES of gen_esp32part.py, ESP-IDF v5.5 components/partition_table
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace otter {

// The number of a type's word ("app", "data"), in any case.
std::optional<uint8_t> partition_type_named(const std::string& word);
// The number of a subtype's word ("ota_0", "nvs"), in any case.
std::optional<uint8_t> partition_subtype_named(uint8_t type, const std::string& word);

// The word, or the number ("0x4f") where there is none.
std::string partition_type_word(uint8_t type);
std::string partition_subtype_word(uint8_t type, uint8_t subtype);

}  // namespace otter
