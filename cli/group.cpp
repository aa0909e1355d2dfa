// `otter group`: filters of devices under a name.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace otter::cli {
namespace {

struct GroupOptions {
  std::string config;
  std::string product;
  std::string name;
  std::string filter;
  bool json = false;
};

std::string list_path(const GroupOptions& options) {
  return "/api/v1/products/" + url_encode(options.product) + "/groups";
}

std::string path_of(const GroupOptions& options) {
  return list_path(options) + "/" + url_encode(options.name);
}

void print_groups(const boost::json::array& groups) {
  Table table({"GROUP", "DEVICES", "FILTER"});
  for (const boost::json::value& item : groups) {
    const boost::json::object& group = item.as_object();
    table.add({shown(group, "name"), shown(group, "devices"), shown(group, "filter")});
  }
  table.print(std::cout, wants_colour());
}

void show(const GroupOptions& options) {
  const boost::json::value answer = ApiClient(load_profile(options.config)).get(path_of(options));
  if (options.json) return print_json(answer);
  print_groups({answer});
}

void set(const GroupOptions& options) {
  ApiClient(load_profile(options.config)).put_json(path_of(options), {{"filter", options.filter}});
  show(options);
}

void list_groups(const GroupOptions& options) {
  const boost::json::value answer =
      ApiClient(load_profile(options.config)).get_all(list_path(options), "groups");
  if (options.json) return print_json(answer);
  print_groups(list_of(answer, "groups"));
}

void remove(const GroupOptions& options) {
  const boost::json::value answer =
      ApiClient(load_profile(options.config)).remove(path_of(options));
  if (options.json) return print_json(answer);
  std::cout << "removed the group " << printable(options.name) << " of "
            << printable(options.product) << "; its devices stay as they are\n";
}

}  // namespace

void add_group(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("group", "Filters of devices under a name");
  verb->require_subcommand(1);
  auto options = std::make_shared<GroupOptions>();
  const auto sub_verb = [&](const char* name, const char* text, void (*run)(const GroupOptions&)) {
    CLI::App* sub = verb->add_subcommand(name, text);
    sub->add_option("product", options->product, "The product's name")->required();
    if (run != list_groups) sub->add_option("name", options->name, "The group's name")->required();
    sub->add_option("--config", options->config, "otter.toml");
    sub->add_flag("--json", options->json, "Print JSON");
    sub->callback([options, run] { run(*options); });
    return sub;
  };
  CLI::App* setting = sub_verb("set", "Save a filter, or change it", set);
  setting->add_option("--filter", options->filter, "As docs/spec/filter.md has it; '': all")
      ->required();
  sub_verb("list", "All groups of a product, and how many devices each has", list_groups);
  sub_verb("show", "One group", show);
  sub_verb("remove", "Remove a group", remove);
  verb->footer("Example: otter group set lamp kitchens --filter 'tag = \"kitchen\"'");
}

}  // namespace otter::cli
