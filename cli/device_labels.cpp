// `otter device tag` and `set`: what operators note of a device.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <sstream>

#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/device_verbs.h"
#include "cli/label_lines.h"
#include "cli/table.h"
#include "server/labels_json.h"

namespace otter::cli {
namespace {

struct LabelOptions {
  std::string config;
  std::string id;
  std::vector<std::string> ids;
  std::string add;
  std::string remove;
  std::vector<std::string> assignments;
  bool json = false;
};

std::string path_of(const std::string& id) { return "/api/v1/devices/" + url_encode(id); }

std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream rest(text);
  for (std::string part; std::getline(rest, part, ',');) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

void print_labels(const boost::json::object& device) {
  const fleet::Labels labels = labels_of(device);
  std::cout << "Tags:       ";
  for (const std::string& tag : labels.tags) std::cout << ' ' << printable(tag);
  std::cout << "\nAttributes: ";
  for (const fleet::Attribute& attribute : labels.attributes) {
    std::cout << ' ' << printable(attribute.name + "=" + fleet::text_of(attribute.value));
  }
  std::cout << "\n";
}

void tell(const std::string& id, const boost::json::object& answer) {
  std::cout << "Device:      " << printable(id) << "\n";
  print_labels(answer);
}

// Each device by itself: one that can't be changed is named, and the others are changed.
void tag(const LabelOptions& options) {
  fleet::LabelChange change;
  change.add_tags = split_at_commas(options.add);
  change.remove_tags = split_at_commas(options.remove);
  if (change.add_tags.empty() && change.remove_tags.empty()) {
    throw std::runtime_error("say which tags: --add A,B or --remove C");
  }
  ApiClient client(load_profile(options.config));
  boost::json::array answers;
  size_t refused = 0;
  for (const std::string& id : options.ids) {
    try {
      answers.push_back(client.patch(path_of(id), body_of(change)));
    } catch (const ApiError& error) {
      if (concerns_all(error)) throw;
      std::cerr << "otter: " << printable(error.what()) << "\n";
      ++refused;
      continue;
    }
    if (!options.json) tell(id, answers.back().as_object());
  }
  if (options.json) print_json({{"devices", std::move(answers)}});
  if (refused == 0) return;
  throw std::runtime_error(std::to_string(refused) + " of " + std::to_string(options.ids.size()) +
                           " devices were not changed");
}

void set(const LabelOptions& options) {
  fleet::LabelChange change;
  for (const std::string& assignment : options.assignments) {
    const size_t equals = assignment.find('=');
    if (equals == std::string::npos) {
      throw std::runtime_error("\"" + printable(assignment) + "\" is not NAME=VALUE");
    }
    const std::string value = assignment.substr(equals + 1);
    change.attributes[assignment.substr(0, equals)] =
        value.empty() ? std::nullopt : std::optional(fleet::attribute_value(value));
  }
  const boost::json::value answer =
      ApiClient(load_profile(options.config)).patch(path_of(options.id), body_of(change));
  if (options.json) return print_json(answer);
  tell(options.id, answer.as_object());
}

}  // namespace

void add_device_labels(CLI::App& device) {
  auto options = std::make_shared<LabelOptions>();
  const auto sub_verb = [&](const char* name, const char* text, void (*run)(const LabelOptions&)) {
    CLI::App* sub = device.add_subcommand(name, text);
    sub->add_option("--config", options->config, "otter.toml");
    sub->add_flag("--json", options->json, "Print JSON");
    sub->callback([options, run] { run(*options); });
    return sub;
  };
  CLI::App* tagging = sub_verb("tag", "Add and remove tags", tag);
  tagging->add_option("ids", options->ids, "The devices' ids")->required();
  tagging->add_option("--add", options->add, "Tags, separated by commas");
  tagging->add_option("--remove", options->remove, "Tags, separated by commas");
  CLI::App* setting = sub_verb("set", "Set attributes, as floor=3; without a value: remove", set);
  setting->add_option("id", options->id, "The device's id")->required();
  setting
      ->add_option("attributes", options->assignments,
                   "NAME=VALUE: a number, or a text; '\"3\"' is a text, too")
      ->required();
}

}  // namespace otter::cli
