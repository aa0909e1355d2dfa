// How GoogleTest prints the core's values, and small conversions for its tests. Any thread.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "ota/wire/digest.h"
#include "publish/text.h"

namespace otter {

inline void PrintTo(Error error, std::ostream* out) {
  const Text text = name(error);
  *out << std::string_view(text.data, text.size);
}
inline void PrintTo(Text text, std::ostream* out) {
  *out << '"' << std::string_view(text.data, text.size) << '"';
}

inline std::string string_of(Bytes bytes) { return string_of(as_text(bytes)); }
inline std::vector<uint8_t> bytes_of(std::string_view text) {
  return std::vector<uint8_t>(text.begin(), text.end());
}

inline std::string hex_of(Bytes bytes) {
  std::string hex(2 * bytes.size, '0');
  hex_encode(bytes, hex.data());
  return hex;
}

// The bytes that `hex` spells; fails the test if it spells none.
inline std::vector<uint8_t> bytes_of_hex(std::string_view hex) {
  std::vector<uint8_t> bytes(hex.size() / 2);
  EXPECT_EQ(hex_decode(hex, bytes), Error::ok) << hex;
  return bytes;
}

}  // namespace otter
