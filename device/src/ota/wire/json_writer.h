// Writes JSON into a buffer of the caller's: what the device sends. Pure, any thread.
#pragma once

#include "ota/wire/digest.h"

namespace otter {

// Members of one object, in the order of the calls.
// `JsonWriter json(buffer); json.string("status", "SUCCESS"); Text body = json.finish();`
class JsonWriter {
 public:
  explicit JsonWriter(MutableBytes buffer);
  void string(Text key, Text value);
  void integer(Text key, int64_t value);
  void boolean(Text key, bool value);
  // What follows are members of an object in this one, until end_object().
  void begin_object(Text key);
  void end_object();
  // Closes the object. Errors: too_large (the buffer was too small)
  Result<Text> finish();

 private:
  void begin_member(Text key);
  void quoted(Text value);
  Appender out_;
  bool first_ = true;
};

}  // namespace otter
