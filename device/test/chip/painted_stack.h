// How much stack a piece of work takes, on a processor without an operating system. One thread.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace otter {

constexpr size_t kPaintedSize = 32 * 1024;  // [bytes] below the caller; deeper is not seen

// Runs `work`; gives the most [bytes] that it had below its caller's frame, the ports that it calls
// included. Interrupts would count, too: here are none.
//
// REQUIRES: kPaintedSize of free stack
template <typename Work>
__attribute__((noinline)) size_t stack_used_by(Work&& work) {
  constexpr uint8_t kPaint = 0xA5;
  uint8_t* const top = static_cast<uint8_t*>(__builtin_frame_address(0));
  volatile uint8_t* const bottom = top - kPaintedSize;
  // A call of memset() would paint over its own frame; this loop has none.
  uint8_t* here;
  asm volatile("mv %0, sp" : "=r"(here));
  for (volatile uint8_t* at = bottom; at < here; ++at) *at = kPaint;
  work();
  volatile uint8_t* at = bottom;
  while (at < top && *at == kPaint) ++at;
  return static_cast<size_t>(top - at);
}

}  // namespace otter
