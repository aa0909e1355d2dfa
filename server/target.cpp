#include "server/target.h"

#include <optional>
#include <string_view>

#include "server/problem.h"

namespace otter::server {
namespace {

[[noreturn]] void refuse(const char* detail) { throw HttpError(Problem::bad_path, detail); }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) refuse("a % must be followed by two hexadecimal digits");
      c = static_cast<char>(high << 4 | low);
      i += 2;
    }
    if (static_cast<uint8_t>(c) < 0x20 || c == 0x7F) refuse("control bytes can't stand in a path");
    out += c;
  }
  return out;
}

std::string decode_segment(std::string_view raw) {
  if (raw.empty()) refuse("a path has no empty segments");
  if (raw.size() > 3 * kSegmentSizeMax) throw HttpError(Problem::not_found, "no name is so long");
  std::string segment = percent_decode(raw);
  if (segment == "." || segment == "..") refuse("\".\" and \"..\" can't stand in a path");
  if (segment.find_first_of("/\\") != std::string::npos) {
    refuse("a slash or backslash can't stand in a name");
  }
  if (segment.size() > kSegmentSizeMax) throw HttpError(Problem::not_found, "no name is so long");
  return segment;
}

// The path and query of a target in absolute form; of any other, all of it.
std::string_view without_authority(std::string_view target) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!target.starts_with(scheme)) continue;
    const size_t slash = target.find('/', scheme.size());
    return slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  return target;
}

void add_pair(std::string_view pair, std::map<std::string, std::string>& query) {
  const size_t equals = pair.find('=');
  const std::string key = percent_decode(pair.substr(0, equals));
  const std::string value =
      equals == std::string_view::npos ? "" : percent_decode(pair.substr(equals + 1));
  if (!query.emplace(key, value).second) refuse("a query names each key once");
}

}  // namespace

Target parse_target(const std::string& target) {
  const std::string_view whole = without_authority(target);
  if (whole.empty() || whole.front() != '/') refuse("a path starts with a slash");
  const size_t question = whole.find('?');
  std::string_view path =
      whole.substr(1, question == std::string_view::npos ? question : question - 1);
  Target out;
  while (!path.empty()) {
    if (out.segments.size() == kSegmentsInPathMax) refuse("a path has no so many segments");
    const size_t slash = path.find('/');
    out.segments.push_back(decode_segment(path.substr(0, slash)));
    if (slash == std::string_view::npos) break;
    path = path.substr(slash + 1);
    if (path.empty()) refuse("a path does not end in a slash");
  }
  std::string_view query = question == std::string_view::npos ? "" : whole.substr(question + 1);
  while (!query.empty()) {
    const size_t end = query.find('&');
    if (end != 0) add_pair(query.substr(0, end), out.query);
    query = end == std::string_view::npos ? "" : query.substr(end + 1);
  }
  return out;
}

}  // namespace otter::server
