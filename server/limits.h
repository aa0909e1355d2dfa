// What the HTTP engine allows a client: one list, from which come the settings of [limits], the
// lines in otter.toml and the names under which metrics count. docs/operating.md. Pure, any thread.
#pragma once

#include <cstdint>
#include <string>

namespace otter::server {

// X(name, value at first, smallest, largest, what it means)
#define OTTER_LIMITS(X)                                                                          \
  X(connections_max, 4096, 1, 1'000'000, "connections at a time")                                \
  X(connections_per_address_max, 1024, 1, 1'000'000,                                             \
    "connections of one IPv4 address, or one /64 of IPv6, at a time")                            \
  X(requests_per_key_per_s, 100, 0, 1'000'000,                                                   \
    "requests of one device's key per second; five seconds' worth may come at once; 0: any")     \
  X(header_bytes_max, 16'384, 1024, 1'048'576, "bytes of a request line and its fields")         \
  X(header_fields_max, 100, 8, 10'000, "fields of a request")                                    \
  X(target_bytes_max, 4096, 256, 65'536, "bytes of a path with its query")                       \
  X(handshake_deadline_ms, 10'000, 1, 3'600'000, "until TLS is set up")                          \
  X(header_deadline_ms, 10'000, 1, 3'600'000, "from a request's first byte to its header's end") \
  X(body_deadline_ms, 60'000, 1, 3'600'000, "for each 64 KiB of a request's body")               \
  X(idle_deadline_ms, 75'000, 1, 3'600'000, "between two requests of a connection")              \
  X(write_deadline_ms, 60'000, 1, 3'600'000,                                                     \
    "in which a client has to take something of its answer")                                     \
  X(download_bytes_per_s_min, 512, 0, 1'000'000,                                                 \
    "bytes per second that a client has to take, on average over write_deadline_ms")             \
  X(drain_deadline_ms, 10'000, 0, 3'600'000, "for what is in flight when the server stops")

struct Limits {
#define OTTER_LIMIT_FIELD(name, value, minimum, maximum, meaning) uint32_t name = value;
  OTTER_LIMITS(OTTER_LIMIT_FIELD)
#undef OTTER_LIMIT_FIELD
};

enum class Limit : uint8_t {
#define OTTER_LIMIT_ENUM(name, value, minimum, maximum, meaning) name,
  OTTER_LIMITS(OTTER_LIMIT_ENUM)
#undef OTTER_LIMIT_ENUM
      body_bytes_max,  // each route has its own
};
constexpr size_t kLimitCount = static_cast<size_t>(Limit::body_bytes_max) + 1;

const char* name(Limit limit);

// The section of otter.toml: each limit with what it means, commented out.
std::string limits_section();

}  // namespace otter::server
