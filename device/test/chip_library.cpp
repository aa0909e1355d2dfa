#include "device/test/chip_library.h"

#include <algorithm>
#include <map>

extern "C" {
void* __real_calloc(size_t count, size_t size);
void __real_free(void* old);

void* __wrap_calloc(size_t count, size_t size) { return otter::ChipLibrary::allocate(count, size); }
void __wrap_free(void* old) { otter::ChipLibrary::release(old); }
}

namespace otter {
namespace {

// Of what has been counted and is held [bytes].
std::map<void*, size_t>& sizes() {
  static std::map<void*, size_t> sizes;
  return sizes;
}

}  // namespace

LibraryCall ChipLibrary::failing_ = LibraryCall::none;
bool ChipLibrary::is_counting_ = false;
int ChipLibrary::allocations_ = 0;
int ChipLibrary::failing_allocation_ = -1;
size_t ChipLibrary::held_ = 0;
size_t ChipLibrary::held_max_ = 0;

bool ChipLibrary::takes_failure(LibraryCall call) {
  if (failing_ != call) return false;
  failing_ = LibraryCall::none;
  return true;
}

void ChipLibrary::start_counting(int failing_allocation) {
  sizes().clear();
  is_counting_ = true;
  allocations_ = 0;
  failing_allocation_ = failing_allocation;
  held_ = 0;
  held_max_ = 0;
}

void* ChipLibrary::allocate(size_t count, size_t size) {
  if (!is_counting_) return __real_calloc(count, size);
  if (allocations_++ == failing_allocation_) return nullptr;
  void* const memory = __real_calloc(count, size);
  sizes()[memory] = count * size;
  held_ += count * size;
  held_max_ = std::max(held_max_, held_);
  return memory;
}

void ChipLibrary::release(void* memory) {
  const auto counted = sizes().find(memory);
  if (counted != sizes().end()) {
    held_ -= counted->second;
    sizes().erase(counted);
  }
  __real_free(memory);
}

}  // namespace otter
