// Lets std::unique_ptr free what a C library made. Pure, any thread.
#pragma once

namespace otter {

// `std::unique_ptr<X509, CDeleter<X509_free>>`
template <auto Free>
struct CDeleter {
  template <typename T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};

}  // namespace otter
