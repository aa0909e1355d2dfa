// A trace hash as it is printed. Pure, any thread.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

namespace otter::cli {

inline std::string trace_text(uint64_t hash) {
  char out[20];
  std::snprintf(out, sizeof(out), "%016llx", static_cast<unsigned long long>(hash));
  return out;
}

}  // namespace otter::cli
