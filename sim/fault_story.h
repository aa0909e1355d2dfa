// How a named fault tells what came of it. Part of sim/fault_play. One thread at a time.
#pragma once

#include <string>

#include "sim/fault_bench.h"
#include "sim/fault_play.h"

namespace otter::sim {

constexpr uint64_t kHour = 3600 * 1000;  // [ms]

// One step, whose end is the board's: its log goes with it.
inline void tell(FaultResult& result, FaultBench& bench, FaultStep step) {
  if (step.happened.empty()) step.happened = bench.summary();
  result.log += "=== " + step.done + "\n" + bench.log + "\n";
  bench.log.clear();
  result.steps.push_back(std::move(step));
}

}  // namespace otter::sim
