#include "fleet/glob.h"

namespace otter::fleet {
namespace {

// Where the character behind the one at `at` begins.
size_t after_character(std::string_view text, size_t at) {
  ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) ++at;
  return at;
}

}  // namespace

// Only the last star is ever tried again: what a star before it took can't be too little, for what
// stands between the two has been found at its first place.
bool glob_matches(std::string_view pattern, std::string_view text) {
  size_t in_pattern = 0;
  size_t in_text = 0;
  size_t behind_star = std::string_view::npos;
  size_t star_ends = 0;  // in the text
  while (in_text < text.size()) {
    const std::string_view wanted = pattern.substr(in_pattern, 1);  // empty at the end
    if (wanted == "*") {
      behind_star = ++in_pattern;
      star_ends = in_text;
    } else if (wanted == "?") {
      ++in_pattern;
      in_text = after_character(text, in_text);
    } else if (wanted == text.substr(in_text, 1)) {
      ++in_pattern;
      ++in_text;
    } else if (behind_star != std::string_view::npos) {
      in_pattern = behind_star;
      in_text = star_ends = after_character(text, star_ends);
    } else {
      return false;
    }
  }
  while (in_pattern < pattern.size() && pattern[in_pattern] == '*') ++in_pattern;
  return in_pattern == pattern.size();
}

}  // namespace otter::fleet
