#include "cli/command_tree.h"

#include <CLI/CLI.hpp>

namespace otter::cli {
namespace {

// A set of choices is the last thing in the name of an option's type: "TEXT:{on,off}".
std::vector<std::string> choices_in(const std::string& type) {
  const size_t begin = type.rfind('{');
  if (begin == std::string::npos || !type.ends_with('}')) return {};
  std::vector<std::string> choices(1);
  for (const char c : type.substr(begin + 1, type.size() - begin - 2)) {
    if (c == ',') {
      choices.emplace_back();
    } else {
      choices.back() += c;
    }
  }
  return choices;
}

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  return names;
}

void add_option(const CLI::Option& option, VerbText& text) {
  const std::string type = option.get_type_name();
  if (option.get_positional()) {
    text.arguments.push_back(
        {option.get_name(true), choices_in(type), option.get_description(), option.get_required()});
    return;
  }
  const bool is_flag = option.get_items_expected_max() == 0;
  text.options.push_back({names_of(option), is_flag ? "" : type.substr(0, type.find(':')),
                          is_flag ? std::vector<std::string>() : choices_in(type),
                          option.get_description()});
}

void add_verb(const CLI::App& app, const std::string& path, std::vector<VerbText>& out) {
  VerbText text;
  text.path = path;
  text.description = app.get_description();
  text.footer = app.get_footer();
  for (const CLI::Option* option : app.get_options()) add_option(*option, text);
  const std::vector<const CLI::App*> inside =
      app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* verb : inside) text.verbs.push_back(verb->get_name());
  out.push_back(std::move(text));
  for (const CLI::App* verb : inside) add_verb(*verb, path + " " + verb->get_name(), out);
}

}  // namespace

std::vector<VerbText> command_tree(const CLI::App& app) {
  std::vector<VerbText> tree;
  add_verb(app, app.get_name(), tree);
  return tree;
}

std::vector<CLI::App*> verbs_in(CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

}  // namespace otter::cli
