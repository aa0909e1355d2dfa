// A strict reader for a bounded subset of RFC 8259, without heap and without recursion:
// docs/spec/json.md. The whole text is checked once, then looked up in place. Pure, any thread.
//
// The subset: UTF-8; objects, arrays, strings, true, false, null; integers in [-2^53, 2^53] without
// fraction, exponent, leading zeros or "-0"; keys without escapes; no duplicate keys; no U+0000.
#pragma once

#include "ota/wire/error.h"

namespace otter {

struct JsonLimits {
  size_t size_max = 4096;  // [bytes] of the whole text
  uint8_t depth_max = 4;   // objects and arrays within each other; at most kJsonDepthMax
};

constexpr uint8_t kJsonDepthMax = 8;
constexpr int64_t kJsonIntegerMax = int64_t{1} << 53;

enum class JsonType : uint8_t { object, array, string, integer, boolean, null };

// One value inside a checked text; the text must outlive it.
class Json {
 public:
  Json() = default;

  // Checks the whole text. Nothing but white space may follow the value.
  //
  // Errors: malformed, truncated, trailing_bytes, too_large, too_deep, duplicate_key, out_of_range,
  //         unsupported (a fraction, an exponent, an escape in a key)
  // Cost:   linear, but for the duplicate check: quadratic in the keys of one object
  static Result<Json> parse(Text text, JsonLimits limits = JsonLimits());

  JsonType type() const;
  // The value's own characters, brackets and quotes included.
  Text text() const { return text_; }

  // The member `key` of an object.
  //
  // Errors: wrong_type (not an object), missing_field
  Result<Json> member(Text key) const;

  // Errors: wrong_type
  Result<int64_t> integer() const;
  Result<bool> boolean() const;

  // A string that stands in the text as it is: identifiers, versions, hexadecimal, base64.
  //
  // Errors: wrong_type, unsupported (it holds an escape)
  Result<Text> plain_string() const;

  // Any string, its escapes resolved, as UTF-8 into `out`; gives the size written.
  //
  // Errors: wrong_type, too_large (out is too small)
  Result<size_t> string(MutableBytes out) const;

 private:
  friend class JsonItems;
  explicit Json(Text text) : text_(text) {}
  Text text_ = Text("null", 4);
};

// Walks over the elements of an array or the members of an object; over nothing for other values.
// `for (JsonItems items(list); items.next();) use(items.key(), items.value());`
class JsonItems {
 public:
  explicit JsonItems(Json container);
  bool next();
  Text key() const { return key_; }  // empty in an array
  Json value() const { return value_; }

 private:
  Text rest_;
  Text key_;
  Json value_;
  bool is_object_ = false;
};

}  // namespace otter
