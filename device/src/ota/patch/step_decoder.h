// What PatchDecoder drives: a decoder of one kind of payload, a step at a time. One caller at a
// time.
#pragma once

#include "ota/patch/payload_buffer.h"
#include "ota/wire/error.h"

namespace otter {

class StepDecoder {
 public:
  virtual bool is_done() const = 0;

  // Goes on a little: an item of the payload's head, or some bytes of the result.
  //
  // REQUIRES: !is_done(), and the payload is not hungry
  // Errors:   malformed; those of the source
  virtual Error step() = 0;

  // What the last step made of the result.
  virtual Bytes made() const = 0;

 protected:
  ~StepDecoder() = default;
};

}  // namespace otter
