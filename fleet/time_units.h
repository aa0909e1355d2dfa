// Spans of time by name. Any thread.
#pragma once

#include <cstdint>

namespace otter::fleet {

constexpr int64_t kDay = 24 * 3600;           // [s]
constexpr int64_t kMicroseconds = 1'000'000;  // of a second
// The longest span that a plan can state: ten years.
constexpr int64_t kPlanSecondsMax = 10 * 366 * kDay;

}  // namespace otter::fleet
