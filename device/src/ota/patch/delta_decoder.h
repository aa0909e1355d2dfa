// Payloads of the methods bytes, xtensa and riscv. One caller at a time. docs/spec/patch.md.
#pragma once

#include "ota/patch/patch_codec.h"
#include "ota/patch/range_decoder.h"
#include "ota/patch/step_decoder.h"

namespace otter {

class DeltaDecoder : public StepDecoder {
 public:
  // In memory that is there already.
  void* operator new(size_t, void* memory) { return memory; }
  void operator delete(void*, void*) {}

  // `tables` has size_of_tables(sizes).
  DeltaDecoder(const PatchSetup& setup, PayloadBuffer& payload, PatchSource& source,
               const PatchTableSizes& sizes, MutableBytes tables)
      : coder_(payload), codec_(setup, coder_, source, divided(sizes, tables, &tables_)) {}

  bool is_done() const override { return is_started_ && codec_.is_done(); }

  Error step() override {
    if (!is_started_) {
      is_started_ = true;
      coder_.start();
      return Error::ok;
    }
    return codec_.step();
  }

  Bytes made() const override { return codec_.made(); }

 private:
  static PatchTables& divided(const PatchTableSizes& sizes, MutableBytes memory,
                              PatchTables* tables) {
    divide_memory(sizes, memory, tables);
    return *tables;
  }

  RangeDecoder coder_;
  PatchTables tables_;
  PatchCodec<RangeDecoder> codec_;
  bool is_started_ = false;
};

}  // namespace otter
