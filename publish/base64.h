// Bytes as text, on the host. Pure, any thread.
#pragma once

#include <string>

#include "ota/wire/digest.h"

namespace otter {

// Padded base64, RFC 4648 section 4.
inline std::string base64_text(Bytes bytes) {
  std::string text(base64_size(bytes.size), '\0');
  Appender out(MutableBytes(reinterpret_cast<uint8_t*>(text.data()), text.size()));
  base64_encode(bytes, out);
  return text;
}

}  // namespace otter
