#include "server/diagnostics_store.h"

#include <algorithm>

namespace otter::server {

Sample joined(const Sample& earlier, Sample later) {
  if (later.version.empty()) later.version = earlier.version;
  later.resets += earlier.resets;
  // 0 is no figure, and every signal strength is below it.
  if (later.heap_low_water_bytes == 0 || earlier.heap_low_water_bytes == 0) {
    later.heap_low_water_bytes += earlier.heap_low_water_bytes;
  } else {
    later.heap_low_water_bytes = std::min(later.heap_low_water_bytes, earlier.heap_low_water_bytes);
  }
  later.rssi_dbm = std::min(later.rssi_dbm, earlier.rssi_dbm);
  return later;
}

}  // namespace otter::server
