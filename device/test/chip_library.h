// Mbed TLS below the chip's port of cryptography, which can be made to fail. The linker leads here
// what the port and the library call: --wrap in CMakeLists.txt. One thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace otter {

// What the port asks of the library for hashes.
enum class LibraryCall : uint8_t { none, begin, hash_begin, hash_update, hash_finish };

class ChipLibrary {
 public:
  // The next call of that kind fails, and does nothing.
  static void fail_next(LibraryCall call) { failing_ = call; }
  // Asked by each wrapped call; true once.
  static bool takes_failure(LibraryCall call);

  // Counts from here on, and lets the allocation of that number fail, from 0.
  static void start_counting(int failing_allocation = -1);
  static void stop_counting() { is_counting_ = false; }
  // Since start_counting().
  static int allocations() { return allocations_; }
  // Of what has been counted: held still, and the most that was held at once [bytes].
  static size_t held() { return held_; }
  static size_t held_max() { return held_max_; }

  static void* allocate(size_t count, size_t size);
  static void release(void* memory);

 private:
  static LibraryCall failing_;
  static bool is_counting_;
  static int allocations_;
  static int failing_allocation_;
  static size_t held_;
  static size_t held_max_;
};

}  // namespace otter
