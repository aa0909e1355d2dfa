#include "ota/wire/json_writer.h"

namespace otter {

JsonWriter::JsonWriter(MutableBytes buffer) : out_(buffer) { out_.u8('{'); }

// Bytes that are not printable ASCII become '?': what a device reports is identifiers.
void JsonWriter::quoted(Text value) {
  out_.u8('"');
  for (size_t i = 0; i < value.size; ++i) {
    const char c = value.data[i];
    if (c == '"' || c == '\\') out_.u8('\\');
    out_.u8(static_cast<uint8_t>(c >= 0x20 && c < 0x7F ? c : '?'));
  }
  out_.u8('"');
}

void JsonWriter::begin_member(Text key) {
  if (!first_) out_.u8(',');
  first_ = false;
  quoted(key);
  out_.u8(':');
}

void JsonWriter::string(Text key, Text value) {
  begin_member(key);
  quoted(value);
}
void JsonWriter::integer(Text key, int64_t value) {
  begin_member(key);
  out_.decimal(value);
}
void JsonWriter::boolean(Text key, bool value) {
  begin_member(key);
  out_.text(value ? Text("true") : Text("false"));
}

void JsonWriter::begin_object(Text key) {
  begin_member(key);
  out_.u8('{');
  first_ = true;
}
void JsonWriter::end_object() {
  out_.u8('}');
  first_ = false;
}

Result<Text> JsonWriter::finish() {
  out_.u8('}');
  if (out_.failed()) return Error::too_large;
  return as_text(out_.written());
}

}  // namespace otter
