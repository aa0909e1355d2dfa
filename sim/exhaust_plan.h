// Which worlds an exhaustive run is made of: families, on boards with a scenario and a past. Part
// of exhaust(). Any thread.
#pragma once

#include "sim/exhaust_task.h"

namespace otter::sim {

// Every scenario on every board; of those that start alike, the first.
std::vector<StageOptions> distinct_stages(uint64_t seed);

// In the order in which they are to be done. It does not depend on the number of threads.
std::vector<TaskSpec> plan_exhaust(const ExhaustOptions& options);

}  // namespace otter::sim
