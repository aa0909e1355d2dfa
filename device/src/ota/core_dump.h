// What the last crash left in flash. The chip's implementation is ota_esp/, the simulator's
// sim/virtual_core_dump. One caller at a time.
#pragma once

#include "ota/wire/error.h"

namespace otter {

class CoreDump {
 public:
  virtual ~CoreDump() = default;

  virtual uint32_t size_bytes() const = 0;  // 0: there is none

  // The dump's bytes [offset, offset + out.size), as the chip's panic handler wrote them,
  // decrypted.
  //
  // Errors: out_of_range, flash_io
  virtual Error read(uint32_t offset, MutableBytes out) = 0;

  // From then on there is none.
  //
  // Errors: flash_io
  // Power:  a cut inside leaves the dump, or none
  virtual Error erase() = 0;
};

}  // namespace otter
