// The core's views as the host's strings. Any thread.
#pragma once

#include <string>

#include "ota/wire/bytes.h"

namespace otter {

inline std::string string_of(Text text) { return std::string(text.data, text.size); }

}  // namespace otter
