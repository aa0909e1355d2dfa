#include "server/query.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "ota/wire/digest.h"
#include "server/json_body.h"
#include "server/problem.h"

namespace otter::server {
namespace {

constexpr size_t kCursorSizeMax = 1024;  // [characters]
constexpr char kSeparator = '\n';        // no place has one

[[noreturn]] void refuse(const std::string& name, const std::string& reason) {
  throw HttpError(Problem::bad_query, "the query's \"" + name + "\" " + reason);
}

[[noreturn]] void refuse_cursor() { refuse("cursor", "is none that this list gave"); }

template <typename Number>
std::optional<Number> number_of(const std::string& text) {
  Number number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  for (;;) {
    const size_t end = text.find(kSeparator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

Place read_cursor(const std::string& cursor, const char* name, size_t parts) {
  if (cursor.size() > kCursorSizeMax) refuse_cursor();
  std::string text(cursor.size() / 2, '\0');
  const MutableBytes bytes(reinterpret_cast<uint8_t*>(text.data()), text.size());
  if (hex_decode(cursor, bytes) != Error::ok) refuse_cursor();
  Place place = split(text);
  if (place.size() != parts + 1 || place.front() != name) refuse_cursor();
  place.erase(place.begin());
  return place;
}

}  // namespace

void allow_parameters(const Call& call, std::initializer_list<const char*> names) {
  for (const auto& [name, value] : call.target.query) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      refuse(name, "is no parameter of this path");
    }
  }
}

std::string parameter(const Call& call, const char* name) {
  const auto found = call.target.query.find(name);
  return found == call.target.query.end() ? "" : found->second;
}

std::string product_parameter(const Call& call) {
  std::string name = parameter(call, "product");
  if (name.empty() || call.backend.store.product(name).has_value()) return name;
  throw HttpError(Problem::bad_query, "there is no product " + name);
}

std::optional<int64_t> integer_parameter(const Call& call, const char* name, int64_t minimum,
                                         int64_t maximum) {
  if (!call.target.query.contains(name)) return std::nullopt;
  const std::optional<int64_t> number = number_of<int64_t>(parameter(call, name));
  if (!number.has_value() || *number < minimum || *number > maximum) {
    refuse(name, "must be a whole number from " + std::to_string(minimum) + " to " +
                     std::to_string(maximum));
  }
  return number;
}

Page read_page(const Call& call, const char* name, size_t parts) {
  Page page;
  page.limit = static_cast<size_t>(
      integer_parameter(call, "limit", 1, kPageSizeMax).value_or(int64_t{kPageSize}));
  const std::string cursor = parameter(call, "cursor");
  if (!cursor.empty()) page.after = read_cursor(cursor, name, parts);
  return page;
}

uint64_t number_in(const std::string& part, uint64_t maximum) {
  const std::optional<uint64_t> number = number_of<uint64_t>(part);
  if (!number.has_value() || *number > maximum) refuse_cursor();
  return *number;
}

std::string cursor_after(const char* name, const Place& place) {
  std::string text = name;
  for (const std::string& part : place) text += kSeparator + part;
  std::string cursor(2 * text.size(), '0');
  hex_encode(as_bytes(text), cursor.data());
  return cursor;
}

Response page_response(const char* name, ShownPage page) {
  return json_response(200, {{name, std::move(page.items)}, {"next", std::move(page.next)}});
}

}  // namespace otter::server
