// Which bytes of a file a request wants: RFC 9110 sections 13 and 14. Pure, any thread.
#pragma once

#include <cstdint>
#include <string>

#include "server/http.h"

namespace otter::server {

enum class Selection : uint8_t {
  whole,          // 200
  part,           // 206
  not_modified,   // 304
  precondition,   // 412
  unsatisfiable,  // 416
};

struct ByteRange {
  Selection selection = Selection::whole;
  uint64_t offset = 0;  // [bytes]
  uint64_t size = 0;    // [bytes]
};

// The preconditions, in the order of section 13.2.2, then Range. A Range of several parts, of
// another unit, not in the documented form, or with a method other than GET counts as none.
// `etag` with its quotes, strong.
ByteRange select_bytes(const Request& request, const std::string& etag, uint64_t file_size);

}  // namespace otter::server
