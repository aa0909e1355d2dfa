// The machine's clock. Any thread.
#pragma once

#include <cstdint>
#include <ctime>

namespace otter::cli {

// [s since 1970-01-01 UTC]
inline int64_t now_s() { return static_cast<int64_t>(std::time(nullptr)); }

}  // namespace otter::cli
