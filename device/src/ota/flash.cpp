#include "ota/flash.h"

namespace otter {

Result<bool> holds(Readable& flash, uint32_t offset, Bytes data) {
  for (size_t done = 0; done < data.size;) {
    uint8_t piece[64];  // whole units of encrypted flash
    const Bytes wanted = data.part(done, sizeof(piece));
    const MutableBytes held = MutableBytes(piece).part(0, wanted.size);
    OTTER_TRY(flash.read(offset + static_cast<uint32_t>(done), held));
    if (Bytes(held) != wanted) return false;
    done += wanted.size;
  }
  return true;
}

Error program_and_compare(Flash& flash, uint32_t offset, Bytes data) {
  OTTER_TRY(flash.program(offset, data));
  OTTER_TRY_SET(const bool is_there, holds(flash, offset, data));
  return is_there ? Error::ok : Error::flash_io;
}

}  // namespace otter
