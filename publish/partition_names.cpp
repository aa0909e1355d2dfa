#include "publish/partition_names.h"

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "ota/partition_table.h"

namespace otter {
namespace {

struct Word {
  const char* word;
  uint8_t number;
};

constexpr Word kTypes[] = {{"app", kTypeApp}, {"data", kTypeData}};

constexpr Word kAppSubtypes[] = {
    {"factory", kSubtypeFactory}, {"test", kSubtypeTest}, {"tee_0", 0x30}, {"tee_1", 0x31}};

constexpr Word kDataSubtypes[] = {{"ota", 0x00},       {"phy", 0x01},      {"nvs", 0x02},
                                  {"coredump", 0x03},  {"nvs_keys", 0x04}, {"efuse", 0x05},
                                  {"undefined", 0x06}, {"esphttpd", 0x80}, {"fat", 0x81},
                                  {"spiffs", 0x82},    {"littlefs", 0x83}, {"tee_ota", 0x90}};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

template <size_t N>
std::optional<uint8_t> number_of(const Word (&words)[N], const std::string& text) {
  for (const Word& word : words) {
    if (lower(text) == word.word) return word.number;
  }
  return std::nullopt;
}

template <size_t N>
std::optional<std::string> word_of(const Word (&words)[N], uint8_t number) {
  for (const Word& word : words) {
    if (word.number == number) return word.word;
  }
  return std::nullopt;
}

std::string ota_word(uint8_t subtype) { return "ota_" + std::to_string(subtype - kSubtypeOta0); }

std::string hex_number(uint8_t number) {
  char text[8];
  snprintf(text, sizeof(text), "0x%02x", number);
  return text;
}

}  // namespace

std::optional<uint8_t> partition_type_named(const std::string& word) {
  return number_of(kTypes, word);
}

std::optional<uint8_t> partition_subtype_named(uint8_t type, const std::string& word) {
  if (type == kTypeData) return number_of(kDataSubtypes, word);
  if (type != kTypeApp) return std::nullopt;
  for (uint8_t subtype = kSubtypeOta0; subtype <= kSubtypeOta15; ++subtype) {
    if (lower(word) == ota_word(subtype)) return subtype;
  }
  return number_of(kAppSubtypes, word);
}

std::string partition_type_word(uint8_t type) {
  return word_of(kTypes, type).value_or(hex_number(type));
}

std::string partition_subtype_word(uint8_t type, uint8_t subtype) {
  const std::string number = hex_number(subtype);
  if (type == kTypeData) return word_of(kDataSubtypes, subtype).value_or(number);
  if (type != kTypeApp) return number;
  if (subtype >= kSubtypeOta0 && subtype <= kSubtypeOta15) return ota_word(subtype);
  return word_of(kAppSubtypes, subtype).value_or(number);
}

}  // namespace otter
