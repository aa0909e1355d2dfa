// Completions for shells, from the command tree. Each is a whole script. Pure, any thread.
#pragma once

#include <string>
#include <vector>

#include "cli/command_tree.h"

namespace otter::cli {

std::string bash_completion(const std::vector<VerbText>& tree);
std::string zsh_completion(const std::vector<VerbText>& tree);
std::string fish_completion(const std::vector<VerbText>& tree);

}  // namespace otter::cli
