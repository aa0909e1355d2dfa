// What the program takes on its command line, read from the definitions that parse it: for shells'
// completions and the man page, which so can't differ from them. Pure, main thread.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace otter::cli {

struct OptionText {
  std::vector<std::string> names;  // "--out", "-o"
  std::string value;               // what stands for its value, as "TEXT"; empty: it has none
  std::vector<std::string> choices;
  std::string description;
};

struct ArgumentText {
  std::string name;
  std::vector<std::string> choices;
  std::string description;
  bool is_required = false;
};

struct VerbText {
  std::string path;  // "otter device list"
  std::string description;
  std::string footer;
  std::vector<OptionText> options;
  std::vector<ArgumentText> arguments;
  std::vector<std::string> verbs;  // the names of those inside
};

// The program itself, then all verbs, each before those inside it.
std::vector<VerbText> command_tree(const CLI::App& app);

// What is directly inside a verb, in the order in which it was added.
std::vector<CLI::App*> verbs_in(CLI::App& app);

}  // namespace otter::cli
