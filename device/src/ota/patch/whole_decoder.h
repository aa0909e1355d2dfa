// Payloads of the method lzma: a filter, then LZMA. One caller at a time. docs/spec/patch.md.
#pragma once

#include "ota/patch/lzma_decoder.h"
#include "ota/patch/step_decoder.h"

namespace otter {

class WholeDecoder : public StepDecoder {
 public:
  // In memory that is there already.
  void* operator new(size_t, void* memory) { return memory; }
  void operator delete(void*, void*) {}

  // Uses all of `memory` for models and for the window.
  WholeDecoder(uint32_t result_size, PayloadBuffer& payload, PatchSource& source,
               MutableBytes memory)
      : result_size_(result_size), payload_(payload), source_(source), memory_(memory) {}

  bool is_done() const override {
    return decoder_ != nullptr && window_->position() == result_size_ && !window_->is_block_done();
  }

  Error step() override;
  Bytes made() const override { return made_; }

 private:
  // LzmaDecoder in memory that is there already.
  struct Lzma : LzmaDecoder {
    using LzmaDecoder::LzmaDecoder;
    void* operator new(size_t, void* memory) { return memory; }
    void operator delete(void*, void*) {}
  };
  struct Window : FilteredWindow {
    using FilteredWindow::FilteredWindow;
    void* operator new(size_t, void* memory) { return memory; }
    void operator delete(void*, void*) {}
  };

  Error begin();
  MutableBytes take(size_t size);

  uint32_t result_size_;
  PayloadBuffer& payload_;
  PatchSource& source_;
  MutableBytes memory_;  // what is left of it
  Window* window_ = nullptr;
  Lzma* decoder_ = nullptr;
  Bytes made_;
};

}  // namespace otter
