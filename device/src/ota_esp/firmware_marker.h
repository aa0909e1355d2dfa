// Product and version, in the image where the publisher finds them: docs/spec/firmware-marker.md.
// Pure, any task.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace otter {

// To be put into flash, and referred to, so that the linker keeps it.
//   static constexpr EmbeddedMarker kMarker("lamp", "1.0.1");
struct alignas(4) EmbeddedMarker {
  // Both at most 31 characters: here a NUL ends them.
  template <size_t P, size_t V>
  constexpr EmbeddedMarker(const char (&product_in)[P], const char (&version_in)[V]) {
    static_assert(P <= sizeof(product), "PRODUCT_NAME is longer than 31 characters");
    static_assert(V <= sizeof(version), "FIRMWARE_VERSION is longer than 31 characters");
    for (size_t i = 0; i < P; ++i) product[i] = product_in[i];
    for (size_t i = 0; i < V; ++i) version[i] = version_in[i];
  }

  char magic[16] = {'O', 'T', 'T', 'E', 'R', '-', 'F', 'I', 'R', 'M', 'W', 'A', 'R', 'E', 1, 0};
  char product[32] = {};
  char version[32] = {};
  char behaviour[16] = {};  // real firmware leaves it empty
};
static_assert(sizeof(EmbeddedMarker) == 96, "docs/spec/firmware-marker.md");

}  // namespace otter
