// Bytes as text, on the host. Pure, any thread.
#pragma once

#include <string>

#include "ota/wire/bytes.h"

namespace otter {

// Padded base64, RFC 4648 section 4.
std::string base64_text(Bytes bytes);

}  // namespace otter
