// Where the power fails: asked by NorFlash before each of its operations. One caller at a time.
#pragma once

#include <cstdint>

namespace otter::sim {

enum class FlashAction : uint8_t { erase, program };

// One operation of the chip: a 4 KiB sector or a 64 KiB block erased, or at most one 256-byte page
// programmed.
struct FlashOperation {
  uint64_t number = 0;  // counted from 0 since the chip was made or opened
  FlashAction action = FlashAction::program;
  uint32_t offset = 0;  // [bytes from the start of flash]
  uint32_t size = 0;    // [bytes]
};

enum class PowerCut : uint8_t {
  none,
  before,  // nothing of the operation happened
  torn,    // its first `torn_bytes` happened
  after,   // all of it happened, but nobody was told
};

struct FlashDecision {
  PowerCut cut = PowerCut::none;
  uint32_t torn_bytes = 0;
  bool fails = false;  // with the power on: nothing of it happened, and the caller is told
};

class FlashFault {
 public:
  virtual ~FlashFault() = default;
  virtual FlashDecision decide(const FlashOperation& operation) = 0;
};

// Cuts the power once, at the operation of that number.
class CutAtOperation : public FlashFault {
 public:
  CutAtOperation(uint64_t number, FlashDecision decision) : number_(number), decision_(decision) {}
  FlashDecision decide(const FlashOperation& operation) override {
    return operation.number == number_ ? decision_ : FlashDecision();
  }

 private:
  uint64_t number_;
  FlashDecision decision_;
};

}  // namespace otter::sim
