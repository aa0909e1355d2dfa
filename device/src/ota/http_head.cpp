#include "ota/http_head.h"

namespace otter {
namespace {

constexpr char kRangeUnit[] = "bytes ";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_name(Text name, Text wanted) {
  if (name.size != wanted.size) return false;
  for (size_t i = 0; i < name.size; ++i) {
    if (lower(name.data[i]) != wanted.data[i]) return false;
  }
  return true;
}

size_t digits_at_front(Text text) {
  size_t size = 0;
  while (size < text.size && text.data[size] >= '0' && text.data[size] <= '9') ++size;
  return size;
}

// `digits` as a number; `otherwise` if it is none, or above `most`.
uint64_t number_of(Text digits, uint64_t most, uint64_t otherwise) {
  if (digits.empty() || digits_at_front(digits) != digits.size) return otherwise;
  uint64_t value = 0;
  for (size_t i = 0; i < digits.size; ++i) {
    const uint64_t digit = static_cast<uint64_t>(digits.data[i] - '0');
    if (value > (most - digit) / 10) return otherwise;
    value = value * 10 + digit;
  }
  return value;
}

uint64_t range_start_of(Text value) {
  if (!starts_with(value, kRangeUnit)) return kLengthUnknown;
  const Text range = value.part(sizeof(kRangeUnit) - 1);
  const size_t digits = digits_at_front(range);
  if (digits == range.size || range.data[digits] != '-') return kLengthUnknown;
  return number_of(range.part(0, digits), kLengthUnknown - 1, kLengthUnknown);
}

void copy(Text value, char* out, size_t size_max) {
  if (value.size > size_max) return;
  memcpy(out, value.data, value.size);
  out[value.size] = 0;
}

}  // namespace

void take_header(Text name, Text value, HttpResponse* response) {
  if (is_name(name, "content-length")) {
    response->content_length = number_of(value, kLengthUnknown - 1, kLengthUnknown);
  } else if (is_name(name, "content-range")) {
    response->range_start = range_start_of(value);
  } else if (is_name(name, "retry-after")) {
    response->retry_after_s = static_cast<uint32_t>(number_of(value, UINT32_MAX, 0));
  } else if (is_name(name, "etag")) {
    copy(value, response->etag, kEtagSizeMax);
  } else if (is_name(name, "location")) {
    copy(value, response->location, kLocationSizeMax);
  }
}

}  // namespace otter
