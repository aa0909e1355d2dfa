// What the simulator throws for a person to read: one line that says what is wrong, where, and what
// to do next. Any thread.
#pragma once

#include <stdexcept>

namespace otter::sim {

class SimError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace otter::sim
