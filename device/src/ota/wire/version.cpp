#include "ota/wire/version.h"

namespace otter {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }
bool is_numbers(char c) { return is_digit(c) || c == '.'; }

size_t span(Text text, bool (*accepts)(char)) {
  size_t size = 0;
  while (size < text.size && accepts(text.data[size])) ++size;
  return size;
}

bool cut_suffix(Text* text, Text suffix) {
  if (text->size < suffix.size || text->part(text->size - suffix.size) != suffix) return false;
  *text = text->part(0, text->size - suffix.size);
  return true;
}

// Position of the last '-' of `text`, or text.size.
size_t last_dash(Text text) {
  for (size_t i = text.size; i > 0; --i) {
    if (text.data[i - 1] == '-') return i - 1;
  }
  return text.size;
}

// Takes git describe's "-14-gabcdef1" off the end.
uint32_t cut_commits(Text* text) {
  const size_t hash_dash = last_dash(*text);
  const Text hash = text->part(hash_dash + 1);
  if (hash.size < 5 || hash.data[0] != 'g' || span(hash.part(1), is_hex) != hash.size - 1) return 0;
  const Text before = text->part(0, hash_dash);
  const size_t count_dash = last_dash(before);
  const Text count = before.part(count_dash + 1);
  if (count.empty() || count.size > 9 || span(count, is_digit) != count.size) return 0;
  uint32_t commits = 0;
  for (size_t i = 0; i < count.size; ++i) {
    commits = commits * 10 + static_cast<uint32_t>(count.data[i] - '0');
  }
  *text = before.part(0, count_dash);
  return commits;
}

int sign(bool less, bool greater) { return less ? -1 : (greater ? 1 : 0); }

int compare_sizes(Text a, Text b) {
  const bool is_longer = a.size > b.size;
  return sign(a.size < b.size, is_longer);
}

int compare_bytes(Text a, Text b) {
  const size_t size = a.size < b.size ? a.size : b.size;
  const int order = size == 0 ? 0 : memcmp(a.data, b.data, size);
  return order != 0 ? order : compare_sizes(a, b);
}

// By value, without a limit on their length.
int compare_digits(Text a, Text b) {
  while (a.size > 0 && a.data[0] == '0') a = a.part(1);
  while (b.size > 0 && b.data[0] == '0') b = b.part(1);
  return a.size != b.size ? sign(a.size < b.size, true) : compare_bytes(a, b);
}

Text take_number(Text* rest) {
  const Text number = rest->part(0, span(*rest, is_digit));
  *rest = rest->part(number.size);
  if (rest->size > 0) *rest = rest->part(1);
  return number;
}

int compare_numbers(Text a, Text b) {
  while (a.size > 0 || b.size > 0) {
    const Text first = take_number(&a);
    const Text second = take_number(&b);
    const int order = compare_digits(first, second);
    if (order != 0) return order;
  }
  return 0;
}

// Runs of digits by value, the rest by bytes: rc2 < rc10, alpha < rc.
int compare_pre_release(Text a, Text b) {
  while (a.size > 0 && b.size > 0) {
    const size_t a_digits = span(a, is_digit);
    const size_t b_digits = span(b, is_digit);
    if (a_digits > 0 && b_digits > 0) {
      const int order = compare_digits(a.part(0, a_digits), b.part(0, b_digits));
      if (order != 0) return order;
      a = a.part(a_digits);
      b = b.part(b_digits);
      continue;
    }
    // As memcmp() does: char is signed on some chips and not on others.
    const int order = compare_bytes(a.part(0, 1), b.part(0, 1));
    if (order != 0) return order;
    a = a.part(1);
    b = b.part(1);
  }
  return compare_sizes(a, b);
}

bool consists_of(Text text, size_t size_max, Text punctuation) {
  if (text.empty() || text.size > size_max || text == Text(".") || text == Text("..")) return false;
  for (size_t i = 0; i < text.size; ++i) {
    const char c = text.data[i];
    if (is_digit(c) || is_letter(c)) continue;
    if (memchr(punctuation.data, c, punctuation.size) == nullptr) return false;
  }
  return true;
}

}  // namespace

Version Version::parse(Text text) {
  Version version;
  version.whole = text;
  Text rest = text;
  for (size_t i = 0; i < rest.size; ++i) {
    if (rest.data[i] == '+') rest = rest.part(0, i);
  }
  version.dirty = cut_suffix(&rest, "-dirty");
  version.commits_after = cut_commits(&rest);
  if (rest.size > 1 && (rest.data[0] == 'v' || rest.data[0] == 'V') && is_digit(rest.data[1])) {
    rest = rest.part(1);
  }
  if (rest.empty() || !is_digit(rest.data[0])) return version;
  const Text numbers = rest.part(0, span(rest, is_numbers));
  Text after = rest.part(numbers.size);
  // "1.0.1rc1" and "1.0.1-rc1" are the same; "487f743" is a commit, not the number 487.
  if (!after.empty() && after.data[0] != '-' && after.data[0] != '_') {
    const bool has_dot = memchr(numbers.data, '.', numbers.size) != nullptr;
    if (!has_dot) return version;
  } else {
    after = after.part(1);
  }
  version.numbers = numbers;
  version.pre_release = after;
  return version;
}

int compare_versions(Text a_text, Text b_text) {
  const Version a = Version::parse(a_text);
  const Version b = Version::parse(b_text);
  if (a.numbers.empty() && b.numbers.empty()) return compare_bytes(a.whole, b.whole);
  if (a.numbers.empty() != b.numbers.empty()) return a.numbers.empty() ? -1 : 1;
  int order = compare_numbers(a.numbers, b.numbers);
  if (order != 0) return order;
  if (a.pre_release.empty() != b.pre_release.empty()) return a.pre_release.empty() ? 1 : -1;
  order = compare_pre_release(a.pre_release, b.pre_release);
  if (order != 0) return order;
  if (a.commits_after != b.commits_after) return a.commits_after < b.commits_after ? -1 : 1;
  return sign(!a.dirty && b.dirty, a.dirty && !b.dirty);
}

bool is_version(Text text) { return consists_of(text, kVersionSizeMax, ".-_+"); }

bool is_identifier(Text text) { return consists_of(text, 64, ".-_:"); }

}  // namespace otter
