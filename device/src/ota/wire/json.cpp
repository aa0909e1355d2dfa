#include "ota/wire/json.h"

namespace otter {
namespace {

// U+10FFFF is the last code point (RFC 3629); U+D800..U+DFFF are the surrogates (RFC 8259, 7).
constexpr uint32_t kSurrogateFirst = 0xD800;
constexpr uint32_t kSurrogateLow = 0xDC00;
constexpr uint32_t kSurrogateEnd = 0xE000;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

Text skip_space(Text text) {
  while (text.size > 0 && is_space(text.data[0])) text = text.part(1);
  return text;
}

// Size of the UTF-8 sequence at the front of `text`, 0 if it is none (RFC 3629 section 4).
size_t utf8_size(Text text) {
  const Bytes b = as_bytes(text);
  const uint8_t first = b.data[0];
  if (first < 0x80) return 1;
  const size_t size = first >= 0xF0 ? 4 : (first >= 0xE0 ? 3 : 2);
  if (first < 0xC2 || first > 0xF4 || b.size < size) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((b.data[i] & 0xC0) != 0x80) return 0;
  }
  const uint8_t second = b.data[1];
  if (first == 0xE0 && second < 0xA0) return 0;
  if (first == 0xED && second > 0x9F) return 0;
  if (first == 0xF0 && second < 0x90) return 0;
  if (first == 0xF4 && second > 0x8F) return 0;
  return size;
}

Result<uint32_t> hex4(Text text) {
  if (text.size < 4) return Error::truncated;
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) {
    const char c = text.data[i];
    uint32_t digit = 0;
    if (is_digit(c)) {
      digit = static_cast<uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<uint32_t>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<uint32_t>(c - 'A' + 10);
    } else {
      return Error::malformed;
    }
    value = value << 4 | digit;
  }
  return value;
}

struct Character {
  size_t size = 0;      // [bytes] in the text
  uint32_t escape = 0;  // the code point, if it was written as an escape; else 0
};

Result<Character> unicode_escape(Text text) {
  OTTER_TRY_SET(const uint32_t first, hex4(text.part(2)));
  if (first == 0) return Error::unsupported;
  if (first < kSurrogateFirst || first >= kSurrogateEnd) return Character{6, first};
  if (first >= kSurrogateLow) return Error::malformed;
  if (text.size < 12) return Error::truncated;
  if (text.data[6] != '\\' || text.data[7] != 'u') return Error::malformed;
  OTTER_TRY_SET(const uint32_t second, hex4(text.part(8)));
  if (second < kSurrogateLow || second >= kSurrogateEnd) return Error::malformed;
  return Character{12, 0x10000 + ((first - kSurrogateFirst) << 10) + (second - kSurrogateLow)};
}

// The character at the front of a string's inside; `text` is not empty.
Result<Character> next_character(Text text) {
  const uint8_t first = static_cast<uint8_t>(text.data[0]);
  if (first < 0x20) return Error::malformed;
  if (first != '\\') {
    const size_t size = utf8_size(text);
    if (size == 0) return Error::malformed;
    return Character{size, 0};
  }
  if (text.size < 2) return Error::truncated;
  constexpr char kLetters[] = "\"\\/bfnrt";
  constexpr char kMeanings[] = "\"\\/\b\f\n\r\t";
  if (text.data[1] == 'u') return unicode_escape(text);
  for (size_t i = 0; i + 1 < sizeof(kLetters); ++i) {
    if (kLetters[i] == text.data[1]) return Character{2, static_cast<uint32_t>(kMeanings[i])};
  }
  return Error::malformed;
}

// Most of them: one byte that stands for itself.
bool is_plain(char c) {
  const uint8_t byte = static_cast<uint8_t>(c);
  return byte >= 0x20 && byte < 0x80 && c != '\\';
}

// Size of the string at the front of `text`, quotes included.
Result<size_t> string_size(Text text, bool escapes_allowed) {
  size_t at = 1;
  while (at < text.size && text.data[at] != '"') {
    if (is_plain(text.data[at])) {
      ++at;
      continue;
    }
    OTTER_TRY_SET(const Character character, next_character(text.part(at)));
    if (character.escape != 0 && !escapes_allowed) return Error::unsupported;
    at += character.size;
  }
  if (at >= text.size) return Error::truncated;
  return at + 1;
}

Result<size_t> number_size(Text text) {
  const size_t sign = text.data[0] == '-' ? 1 : 0;
  size_t at = sign;
  int64_t value = 0;
  while (at < text.size && is_digit(text.data[at])) {
    value = value * 10 + (text.data[at] - '0');
    if (value > kJsonIntegerMax) return Error::out_of_range;
    ++at;
  }
  if (at == sign) return at < text.size ? Error::malformed : Error::truncated;
  if (text.data[sign] == '0' && at - sign > 1) return Error::malformed;
  if (sign == 1 && value == 0) return Error::malformed;
  if (at < text.size) {
    const char c = text.data[at];
    if (c == '.' || c == 'e' || c == 'E') return Error::unsupported;
  }
  return at;
}

// Size of the string, number or word at the front of `text`, which is not empty.
Result<size_t> scalar_size(Text text) {
  const char first = text.data[0];
  if (first == '"') return string_size(text, true);
  if (first == '-' || is_digit(first)) return number_size(text);
  const Text words[] = {Text("true", 4), Text("false", 5), Text("null", 4)};
  for (Text word : words) {
    if (starts_with(text, word)) return word.size;
    if (starts_with(word, text)) return Error::truncated;
  }
  return Error::malformed;
}

// Size of any value at the front of a checked text.
size_t value_size(Text text) {
  const char first = text.data[0];
  if (first != '{' && first != '[') return scalar_size(text).value;
  size_t depth = 0;
  size_t at = 0;
  do {
    const char c = text.data[at];
    if (c == '"') {
      at += string_size(text.part(at), true).value;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    ++at;
  } while (depth > 0);
  return at;
}

// Checks a text with an explicit stack in place of recursion.
class Checker {
 public:
  Checker(Text text, JsonLimits limits) : rest_(text), limits_(limits) {}

  Error run() {
    OTTER_TRY(value());
    while (depth_ > 0) OTTER_TRY(after_value());
    rest_ = skip_space(rest_);
    return rest_.empty() ? Error::ok : Error::trailing_bytes;
  }

 private:
  struct Level {
    bool is_object;
    const char* begin;  // of its first member, white space skipped
  };

  // A value; if it opens a container that is not empty, up to the container's first scalar.
  Error value() {
    for (;;) {
      rest_ = skip_space(rest_);
      if (rest_.empty()) return Error::truncated;
      const char first = rest_.data[0];
      if (first != '{' && first != '[') {
        OTTER_TRY_SET(const size_t size, scalar_size(rest_));
        rest_ = rest_.part(size);
        return Error::ok;
      }
      if (depth_ >= limits_.depth_max || depth_ >= kJsonDepthMax) return Error::too_deep;
      rest_ = skip_space(rest_.part(1));
      if (rest_.empty()) return Error::truncated;
      if (rest_.data[0] == (first == '{' ? '}' : ']')) {
        rest_ = rest_.part(1);
        return Error::ok;
      }
      levels_[depth_++] = Level{first == '{', rest_.data};
      if (first == '{') OTTER_TRY(key());
    }
  }

  // What follows a value inside of a container: its end, or a comma and the next value.
  Error after_value() {
    rest_ = skip_space(rest_);
    if (rest_.empty()) return Error::truncated;
    const Level& level = levels_[depth_ - 1];
    if (rest_.data[0] == (level.is_object ? '}' : ']')) {
      rest_ = rest_.part(1);
      --depth_;
      return Error::ok;
    }
    if (rest_.data[0] != ',') return Error::malformed;
    rest_ = skip_space(rest_.part(1));
    if (level.is_object) OTTER_TRY(key());
    return value();
  }

  Error key() {
    if (rest_.empty()) return Error::truncated;
    if (rest_.data[0] != '"') return Error::malformed;
    OTTER_TRY_SET(const size_t size, string_size(rest_, false));
    OTTER_TRY(check_unique(rest_.part(0, size)));
    rest_ = skip_space(rest_.part(size));
    if (rest_.empty()) return Error::truncated;
    if (rest_.data[0] != ':') return Error::malformed;
    rest_ = rest_.part(1);
    return Error::ok;
  }

  // Compares with the keys before this one in the same object.
  Error check_unique(Text quoted_key) const {
    const char* begin = levels_[depth_ - 1].begin;
    Text seen(begin, static_cast<size_t>(quoted_key.data - begin));
    while (!seen.empty()) {
      const size_t size = string_size(seen, false).value;
      if (seen.part(0, size) == quoted_key) return Error::duplicate_key;
      seen = skip_space(skip_space(seen.part(size)).part(1));
      seen = skip_space(seen.part(value_size(seen)));
      seen = skip_space(seen.part(1));
    }
    return Error::ok;
  }

  Text rest_;
  JsonLimits limits_;
  Level levels_[kJsonDepthMax] = {};
  uint8_t depth_ = 0;
};

void append_utf8(uint32_t code, Appender& out) {
  if (code < 0x80) {
    out.u8(static_cast<uint8_t>(code));
    return;
  }
  const int following = code < 0x800 ? 1 : (code < 0x10000 ? 2 : 3);
  constexpr uint8_t kLead[] = {0, 0xC0, 0xE0, 0xF0};
  out.u8(static_cast<uint8_t>(kLead[following] | code >> (6 * following)));
  for (int i = following - 1; i >= 0; --i) {
    out.u8(static_cast<uint8_t>(0x80 | (code >> (6 * i) & 0x3F)));
  }
}

}  // namespace

Result<Json> Json::parse(Text text, JsonLimits limits) {
  if (text.size > limits.size_max) return Error::too_large;
  OTTER_TRY(Checker(text, limits).run());
  const Text begin = skip_space(text);
  return Json(begin.part(0, value_size(begin)));
}

JsonType Json::type() const {
  switch (text_.data[0]) {
    case '{':
      return JsonType::object;
    case '[':
      return JsonType::array;
    case '"':
      return JsonType::string;
    case 't':
    case 'f':
      return JsonType::boolean;
    case 'n':
      return JsonType::null;
    default:
      return JsonType::integer;
  }
}

Result<Json> Json::member(Text key) const {
  if (type() != JsonType::object) return Error::wrong_type;
  for (JsonItems items(*this); items.next();) {
    if (items.key() == key) return items.value();
  }
  return Error::missing_field;
}

Result<int64_t> Json::integer() const {
  if (type() != JsonType::integer) return Error::wrong_type;
  const bool negative = text_.data[0] == '-';
  int64_t value = 0;
  for (size_t i = negative ? 1 : 0; i < text_.size; ++i) value = value * 10 + (text_.data[i] - '0');
  return negative ? -value : value;
}

Result<bool> Json::boolean() const {
  if (type() != JsonType::boolean) return Error::wrong_type;
  return text_.data[0] == 't';
}

Result<Text> Json::plain_string() const {
  if (type() != JsonType::string) return Error::wrong_type;
  const Text inside = text_.part(1, text_.size - 2);
  if (memchr(inside.data, '\\', inside.size) != nullptr) return Error::unsupported;
  return inside;
}

Result<size_t> Json::string(MutableBytes out) const {
  if (type() != JsonType::string) return Error::wrong_type;
  Appender appender(out);
  Text rest = text_.part(1, text_.size - 2);
  while (!rest.empty()) {
    OTTER_TRY_SET(const Character character, next_character(rest));
    if (character.escape != 0) {
      append_utf8(character.escape, appender);
    } else {
      appender.text(rest.part(0, character.size));
    }
    rest = rest.part(character.size);
  }
  if (appender.failed()) return Error::too_large;
  return appender.written().size;
}

JsonItems::JsonItems(Json container) {
  const JsonType type = container.type();
  if (type != JsonType::object && type != JsonType::array) return;
  is_object_ = type == JsonType::object;
  rest_ = skip_space(container.text_.part(1, container.text_.size - 2));
}

bool JsonItems::next() {
  if (rest_.empty()) return false;
  if (is_object_) {
    const size_t size = string_size(rest_, false).value;
    key_ = rest_.part(1, size - 2);
    rest_ = skip_space(skip_space(rest_.part(size)).part(1));
  }
  const size_t size = value_size(rest_);
  value_ = Json(rest_.part(0, size));
  rest_ = skip_space(rest_.part(size));
  if (!rest_.empty()) rest_ = skip_space(rest_.part(1));
  return true;
}

}  // namespace otter
