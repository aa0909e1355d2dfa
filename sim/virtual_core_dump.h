// The core's CoreDump over the virtual board's partition `coredump`, and what its panic handler
// writes there. One caller at a time.
#pragma once

#include <vector>

#include "ota/core_dump.h"
#include "sim/nor_flash.h"

namespace otter::sim {

class VirtualCoreDump : public CoreDump {
 public:
  // Looks for a dump whose checksum is right.
  explicit VirtualCoreDump(const FlashPartition& partition);

  uint32_t size_bytes() const override { return size_bytes_; }
  Error read(uint32_t offset, MutableBytes out) override;
  Error erase() override;

  // Writes a dump over whatever is there; one that does not fit is left out, as on the chip.
  //
  // Errors: flash_io
  // Power:  a cut inside leaves none
  Error write(const std::vector<uint8_t>& dump);

 private:
  void find();

  FlashPartition partition_;
  uint32_t size_bytes_ = 0;
};

}  // namespace otter::sim
