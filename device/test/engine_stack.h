// Runs the engine on a stack of its own, and what its ports do on the stack of the test: so that
// what the engine itself takes of stack and heap can be told from what the host's ports take.
// One thread. Under a sanitizer, which can't follow a change of stacks, all runs on one.
#pragma once

#include <ucontext.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace otter {

class EngineStack {
 public:
  static constexpr size_t kSize = 256 * 1024;  // [bytes]

  EngineStack() { std::fill_n(stack_.get(), kSize, kPaint); }

  // True while the engine itself runs. Asked by the allocator of no_heap_test.cpp.
  static bool is_inside() { return is_inside_; }

  // Runs `work` as the engine. Not from within itself.
  template <typename Work>
  void inside(Work&& work) {
    job_ = {&call<Work>, &work};
#ifdef OTTER_SANITIZES_ADDRESSES
    is_inside_ = true;
    job_.run(job_.work);
    is_inside_ = false;
#else
    getcontext(&engine_);
    engine_.uc_stack.ss_sp = stack_.get();
    engine_.uc_stack.ss_size = kSize;
    engine_.uc_link = &test_;
    const uintptr_t self = reinterpret_cast<uintptr_t>(this);
    makecontext(&engine_, reinterpret_cast<void (*)()>(&enter), 2,
                static_cast<uint32_t>(self >> 32), static_cast<uint32_t>(self));
    is_done_ = false;
    while (!is_done_) {
      is_inside_ = true;
      swapcontext(&test_, &engine_);
      is_inside_ = false;
      if (!is_done_) job_.run(job_.work);
    }
#endif
  }

  // What a port does, while the engine waits.
  template <typename Work>
  void outside(Work&& work) {
    job_ = {&call<Work>, &work};
#ifdef OTTER_SANITIZES_ADDRESSES
    is_inside_ = false;
    job_.run(job_.work);
    is_inside_ = true;
#else
    swapcontext(&engine_, &test_);
#endif
  }

  // [bytes] that the engine has had in use at a time; 0 under a sanitizer.
  size_t used() const {
    const uint8_t* first = std::find_if(stack_.get(), stack_.get() + kSize,
                                        [](uint8_t byte) { return byte != kPaint; });
    return kSize - static_cast<size_t>(first - stack_.get());
  }

 private:
  static constexpr uint8_t kPaint = 0xA5;
  struct Job {
    void (*run)(void*);
    void* work;
  };
  template <typename Work>
  static void call(void* work) {
    (*static_cast<std::remove_reference_t<Work>*>(work))();
  }
  static void enter(uint32_t high, uint32_t low) {
    auto* self = reinterpret_cast<EngineStack*>(uintptr_t{high} << 32 | low);
    self->job_.run(self->job_.work);
    self->is_done_ = true;
  }

  static inline bool is_inside_ = false;
  std::unique_ptr<uint8_t[]> stack_ = std::make_unique<uint8_t[]>(kSize);
  [[maybe_unused]] ucontext_t test_;
  [[maybe_unused]] ucontext_t engine_;
  Job job_{};
  bool is_done_ = false;
};

}  // namespace otter
