#include "server/limits.h"

namespace otter::server {

const char* name(Limit limit) {
  constexpr const char* kNames[] = {
#define OTTER_LIMIT_NAME(name, value, minimum, maximum, meaning) #name,
      OTTER_LIMITS(OTTER_LIMIT_NAME)
#undef OTTER_LIMIT_NAME
          "body_bytes_max"};
  return kNames[static_cast<size_t>(limit)];
}

std::string limits_section() {
  std::string out = "[limits]\n# What a client is allowed: docs/operating.md.\n";
#define OTTER_LIMIT_LINES(name, value, minimum, maximum, meaning) \
  out += "# " meaning "\n# " #name " = " + std::to_string(value) + "\n";
  OTTER_LIMITS(OTTER_LIMIT_LINES)
#undef OTTER_LIMIT_LINES
  return out;
}

}  // namespace otter::server
