// The version of this device library, as it is told to the server. Pure, any thread.
#pragma once

namespace otter {

constexpr char kClientVersion[] = "0.1.0";

}  // namespace otter
