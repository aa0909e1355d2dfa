#include "ota/wire/url.h"

namespace otter {
namespace {

constexpr char kHttps[] = "https://";
constexpr char kHttp[] = "http://";

size_t scheme_size(Text text) {
  if (starts_with(text, kHttps)) return sizeof(kHttps) - 1;
  return starts_with(text, kHttp) ? sizeof(kHttp) - 1 : 0;
}

bool is_host_character(char c) {
  const bool is_alphanumeric =
      (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return is_alphanumeric || c == '.' || c == '-' || c == ':' || c == '[' || c == ']';
}

}  // namespace

bool is_origin(Text text) {
  const size_t begin = scheme_size(text);
  if (begin == 0 || begin == text.size || text.size > kOriginSizeMax) return false;
  for (size_t i = begin; i < text.size; ++i) {
    if (!is_host_character(text.data[i])) return false;
  }
  return true;
}

bool is_target(Text text) {
  if (text.empty() || text.data[0] != '/' || starts_with(text, "//")) return false;
  for (size_t i = 0; i < text.size; ++i) {
    if (text.data[i] <= ' ' || text.data[i] > '~' || text.data[i] == '#') return false;
  }
  return true;
}

Result<UrlParts> split_url(Text url) {
  size_t end = scheme_size(url);
  while (end < url.size && url.data[end] != '/' && url.data[end] != '?') ++end;
  UrlParts parts;
  parts.origin = url.part(0, end);
  parts.target = end < url.size ? url.part(end) : Text("/");
  if (!is_origin(parts.origin) || !is_target(parts.target)) return Error::malformed;
  return parts;
}

}  // namespace otter
