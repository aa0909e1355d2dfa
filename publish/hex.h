// Numbers as people read offsets and sizes. Pure, any thread.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

namespace otter {

// "0x9000"
inline std::string hex(uint64_t value) {
  char text[24];
  snprintf(text, sizeof(text), "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

}  // namespace otter
