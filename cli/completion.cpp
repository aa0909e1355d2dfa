// `otter completion` and `otter man`: what the other verbs take, for shells and readers.
#include <CLI/CLI.hpp>
#include <iostream>

#include "cli/completion_text.h"
#include "cli/man_text.h"
#include "cli/verbs.h"

namespace otter::cli {
namespace {

struct Shell {
  const char* name;
  const char* text;
  std::string (*completion)(const std::vector<VerbText>& tree);
};

constexpr Shell kShells[] = {
    {"bash", "Put it into ~/.local/share/bash-completion/completions/otter", bash_completion},
    {"zsh", "Put it as _otter into a folder of $fpath", zsh_completion},
    {"fish", "Put it into ~/.config/fish/completions/otter.fish", fish_completion},
};

}  // namespace

void add_completion(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("completion", "Print completions for a shell");
  verb->require_subcommand(1);
  for (const Shell& shell : kShells) {
    CLI::App* sub = verb->add_subcommand(shell.name, shell.text);
    sub->callback([&app, &shell] { std::cout << shell.completion(command_tree(app)); });
    sub->footer(std::string("Example: otter completion ") + shell.name);
  }
  CLI::App* man = app.add_subcommand("man", "Print the man page");
  man->callback([&app] { std::cout << man_page(command_tree(app)); });
}

}  // namespace otter::cli
