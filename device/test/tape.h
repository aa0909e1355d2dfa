// A tape holds what passes between the core and its ports. It is recorded where the ports are real;
// played anywhere, it stands for them, and shows whether the core does the same there, call by call
// and byte by byte. No heap and C headers alone: it also plays on the bare chip. One thread.
//
// A tape is a row of entries: size [4 bytes, little-endian], then so many bytes.
#pragma once

#include <setjmp.h>

#include "ota/wire/error.h"

namespace otter {

class Tape {
 public:
  // True: the ports' answers are on the tape, and there are no ports.
  virtual bool is_played() const = 0;

  // What the core gives: is recorded, or compared with what was.
  virtual void given(Bytes data) = 0;
  // What the core is given: is recorded, or replaced by what was.
  virtual void got(MutableBytes data) = 0;
  // The same for what the core keeps a view of; gives that view.
  virtual Bytes kept(Bytes data) = 0;

  void given(Text text) { given(as_bytes(text)); }
  // Every number is 8 bytes: size_t is not the same everywhere.
  void given(uint64_t number) {
    uint8_t bytes[8];
    store_le64(bytes, number);
    given(Bytes(bytes));
  }
  // A number or an enumerator.
  template <typename Value>
  void got_value(Value* value) {
    uint8_t bytes[8];
    store_le64(bytes, static_cast<uint64_t>(*value));
    got(bytes);
    *value = static_cast<Value>(load_le64(bytes));
  }
  Text kept(Text text) { return as_text(kept(as_bytes(text))); }

 protected:
  ~Tape() = default;
};

// Plays from memory, which must outlive it.
class PlayedTape : public Tape {
 public:
  using Tape::given;
  using Tape::kept;

  explicit PlayedTape(Bytes tape) : rest_(tape), size_(tape.size) {}
  bool is_played() const override { return true; }
  void given(Bytes data) override {
    if (next() != data) fail();
  }
  void got(MutableBytes data) override {
    const Bytes recorded = next();
    if (recorded.size != data.size) fail();
    if (failed_) {
      memset(data.data, 0, data.size);
    } else if (data.size > 0) {
      memcpy(data.data, recorded.data, data.size);
    }
  }
  Bytes kept(Bytes) override { return next(); }

  // At the first difference the tape jumps here; nullptr: it goes on, and gives zeros.
  jmp_buf* on_difference = nullptr;

  // Something was not as it was recorded.
  bool failed() const { return failed_; }
  bool is_at_end() const { return rest_.size == 0; }
  size_t position() const { return at_; }  // [bytes from the tape's start] of the last entry

 private:
  Bytes next() {
    if (failed_) return Bytes();
    const Bytes head = rest_.part(0, 4);
    at_ = size_ - rest_.size;
    if (head.size < 4 || load_le32(head.data) > rest_.size - 4) return fail();
    const Bytes entry = rest_.part(4, load_le32(head.data));
    rest_ = rest_.part(4 + entry.size);
    return entry;
  }
  Bytes fail() {
    failed_ = true;
    rest_ = Bytes();
    if (on_difference != nullptr) longjmp(*on_difference, 1);
    return rest_;
  }

  Bytes rest_;
  size_t size_;
  size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace otter
