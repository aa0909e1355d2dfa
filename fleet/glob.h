// Patterns for names: `*` is any run of characters, `?` is one. Pure, any thread.
#pragma once

#include <string_view>

namespace otter::fleet {

// Whether the pattern describes all of `text`. A character is one of UTF-8.
//
// Cost: at most the product of both sizes; no allocation
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace otter::fleet
