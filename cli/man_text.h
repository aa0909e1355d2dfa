// The man page, from the command tree: roff with the macros of man(7). Pure, any thread.
#pragma once

#include <string>
#include <vector>

#include "cli/command_tree.h"

namespace otter::cli {

std::string man_page(const std::vector<VerbText>& tree);

}  // namespace otter::cli
