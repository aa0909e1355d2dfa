// What a fuzz target demands of a parser beyond not crashing. Any thread.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "ota/wire/error.h"

namespace otter {

// Ends the process with a line that libFuzzer keeps next to the input.
inline void require(bool condition, const char* claim) {
  if (condition) return;
  std::fprintf(stderr, "fuzz: does not hold: %s\n", claim);
  std::abort();
}

// True if `part` lies within `whole`: a view into the input, not past it.
inline bool is_within(Text part, Text whole) {
  if (part.size == 0) return true;
  return part.data >= whole.data && part.data + part.size <= whole.data + whole.size;
}

}  // namespace otter
