// The text of header fields. Pure, any thread.
#pragma once

#include <string_view>

namespace otter::server {

// Without the white space around it (RFC 9110 section 5.6.3).
inline std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace otter::server
