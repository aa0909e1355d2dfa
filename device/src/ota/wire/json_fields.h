// Reads an object's members one after the other; the first error stays, so that a parser may check
// once, after its last read. What can't be read is 0, empty or null. Pure, any thread.
#pragma once

#include "ota/wire/digest.h"
#include "ota/wire/json.h"

namespace otter {

class JsonFields {
 public:
  // Anything but an object fails with wrong_type at the first read.
  explicit JsonFields(Json object) : object_(object) {}

  // Ok, or the first of: missing_field, wrong_type, out_of_range, unsupported (an escape),
  // malformed, and what fail() was given.
  Error error() const { return error_; }
  void fail(Error error) {
    if (error_ == Error::ok) error_ = error;
  }
  void expect(bool is_so, Error otherwise) {
    if (!is_so) fail(otherwise);
  }

  Json value(Text key);
  int64_t integer(Text key, int64_t minimum, int64_t maximum);
  uint32_t number(Text key, uint32_t minimum, uint32_t maximum);
  bool boolean(Text key);
  Text plain_string(Text key);
  Digest digest(Text key);  // hexadecimal

  // False also where the object is none, and after an error. A member that is null is there.
  bool has(Text key) const { return error_ == Error::ok && object_.member(key).ok(); }
  // The same, but null counts as missing.
  bool has_value(Text key) const {
    return has(key) && object_.member(key).value.type() != JsonType::null;
  }

 private:
  template <typename T>
  T taken(const Result<T>& result) {
    fail(result.error);
    return result.value;
  }

  Json object_;
  Error error_ = Error::ok;
};

}  // namespace otter
