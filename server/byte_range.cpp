#include "server/byte_range.h"

#include <charconv>
#include <optional>
#include <string_view>

#include "server/header_text.h"

namespace otter::server {
namespace {

// Digits only; a number beyond 64 bits is as good as the largest.
std::optional<uint64_t> to_position(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc::result_out_of_range ? UINT64_MAX : value;
}

// Does a list of entity tags name this one? A weak tag is equal to a strong one here: the weak
// comparison of section 8.8.3.2, which If-None-Match asks for; If-Match asks for the strong one.
bool lists_tag(std::string_view list, std::string_view etag, bool weak_counts) {
  if (trim(list) == "*") return true;
  while (!list.empty()) {
    const size_t comma = list.find(',');
    std::string_view tag = trim(list.substr(0, comma));
    if (weak_counts && tag.starts_with("W/")) tag = tag.substr(2);
    if (tag == etag) return true;
    list = comma == std::string_view::npos ? "" : list.substr(comma + 1);
  }
  return false;
}

ByteRange suffix_of(std::string_view digits, uint64_t file_size) {
  const std::optional<uint64_t> length = to_position(digits);
  if (!length.has_value()) return {Selection::whole, 0, file_size};
  if (*length == 0) return {Selection::unsatisfiable, 0, 0};
  const uint64_t size = *length < file_size ? *length : file_size;
  return {Selection::part, file_size - size, size};
}

// "bytes=0-499", "bytes=500-", "bytes=-500"
ByteRange parse_range(std::string_view text, uint64_t file_size) {
  const ByteRange whole = {Selection::whole, 0, file_size};
  constexpr std::string_view kUnit = "bytes=";
  if (!text.starts_with(kUnit) || text.find(',') != std::string_view::npos) return whole;
  const std::string_view spec = trim(text.substr(kUnit.size()));
  const size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return whole;
  if (dash == 0) return suffix_of(spec.substr(1), file_size);
  const std::optional<uint64_t> first = to_position(spec.substr(0, dash));
  const std::string_view last_digits = spec.substr(dash + 1);
  const std::optional<uint64_t> last =
      last_digits.empty() ? std::optional<uint64_t>(UINT64_MAX) : to_position(last_digits);
  if (!first.has_value() || !last.has_value() || *last < *first) return whole;
  if (*first >= file_size) return {Selection::unsatisfiable, 0, 0};
  const uint64_t end = *last < file_size - 1 ? *last + 1 : file_size;
  return {Selection::part, *first, end - *first};
}

}  // namespace

ByteRange select_bytes(const Request& request, const std::string& etag, uint64_t file_size) {
  const std::string* if_match = request.header("If-Match");
  if (if_match != nullptr && !lists_tag(*if_match, etag, false)) {
    return {Selection::precondition, 0, 0};
  }
  const std::string* if_none_match = request.header("If-None-Match");
  if (if_none_match != nullptr && lists_tag(*if_none_match, etag, true)) {
    return {Selection::not_modified, 0, 0};
  }
  const ByteRange whole = {Selection::whole, 0, file_size};
  const std::string* range = request.header("Range");
  if (range == nullptr || request.method != "GET" || file_size == 0) return whole;
  // A date, a weak tag or another file's tag: the part would not fit to what the client has.
  const std::string* if_range = request.header("If-Range");
  if (if_range != nullptr && trim(*if_range) != etag) return whole;
  return parse_range(trim(*range), file_size);
}

}  // namespace otter::server
