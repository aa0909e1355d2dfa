#include "ota_esp/fill_random.h"

#include <esp_random.h>

namespace otter {

Error fill_random(MutableBytes out) {
  esp_fill_random(out.data, out.size);
  return Error::ok;
}

}  // namespace otter
