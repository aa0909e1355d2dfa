// Looks on while a board works: asked before each flash operation, never disturbs one. One caller
// at a time.
#pragma once

#include <functional>
#include <utility>

#include "sim/flash_fault.h"

namespace otter::sim {

class FlashWatch : public FlashFault {
 public:
  explicit FlashWatch(std::function<void(const FlashOperation&)> look) : look_(std::move(look)) {}
  FlashDecision decide(const FlashOperation& operation) override {
    look_(operation);
    return FlashDecision();
  }

 private:
  std::function<void(const FlashOperation&)> look_;
};

}  // namespace otter::sim
