// The checks of docs/spec/vectors/: one source for the host's tests and for the chip's instruction
// set, so no heap, and C headers alone. One thread.
#pragma once

#include "ota/wire/crypto.h"

namespace otter {

class VectorReport {
 public:
  // `what` of `vector` is not as the file says.
  virtual void differs(Text vector, Text what) = 0;

 protected:
  ~VectorReport() = default;
};

// The names of the files, without their ending.
constexpr const char* kVectorFiles[] = {
    "json",      "manifest", "statement",    "device-facts", "frame",   "envelope",
    "root",      "trust",    "signature",    "device-keys",  "otadata", "partition-table",
    "esp-image", "patch",    "version-order"};
constexpr size_t kVectorFileSizeMax = 128 * 1024;  // [bytes]

// Runs the vectors of the file `name`, whose content is `text`. Gives how many there were; 0 if
// that is no list of vectors.
size_t check_vectors(Text name, Text text, Crypto& crypto, VectorReport& report);

}  // namespace otter
