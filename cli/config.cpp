// `otter config`: what devices are set to apart from firmware. docs/spec/configuration.md.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>

#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/files.h"
#include "cli/rollout_watch.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "ota/wire/configuration.h"

namespace otter::cli {
namespace {

namespace json = boost::json;

constexpr char kSpace[] = " \t\r\n";
constexpr size_t kPlanSizeMax = 64 * 1024;

struct ConfigOptions {
  std::string config;
  std::string product;
  std::string file;
  std::string plan_template;
  std::string group;
  uint32_t version = 0;
  bool json = false;
};

std::string path_of(const ConfigOptions& options) {
  return "/api/v1/products/" + url_encode(options.product) + "/config";
}

[[noreturn]] void refuse_values(const std::string& file, Error error) {
  std::string reason = meaning(error).data;
  if (error == Error::wrong_type) reason = "they must be one JSON object";
  if (error == Error::unsupported) {
    reason = "only whole numbers, and no escapes in keys: docs/spec/json.md";
  }
  if (error == Error::too_large) {
    reason = "with their version they may have " + std::to_string(kConfigurationSizeMax) + " bytes";
  }
  throw std::runtime_error(file + ": no device would take these values: " + name(error).data +
                           ", " + reason);
}

// The values as they were written: a number that is formatted anew could be another one.
std::string document_of(const ConfigOptions& options, uint32_t version) {
  const std::string text = read_text_file(options.file, 2 * kConfigurationSizeMax);
  const size_t begin = std::min(text.find_first_not_of(kSpace), text.size());
  const std::string values = text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
  const std::string document =
      "{\"version\":" + std::to_string(version) + ",\"values\":" + values + "}";
  // By themselves first: "{},..." would be more than values.
  Error error = Json::parse(values, {2 * kConfigurationSizeMax, 3}).error;
  if (error == Error::ok) error = parse_configuration(document).error;
  if (error != Error::ok) refuse_values(options.file, error);
  return document;
}

uint32_t newest_version(const json::value& answer) {
  const json::array versions = list_of(answer, "versions");
  return versions.empty() ? 0 : versions[0].at("version").to_number<uint32_t>();
}

uint32_t add_version(ApiClient& client, const ConfigOptions& options) {
  const uint32_t version = newest_version(client.get(path_of(options))) + 1;
  client.put(path_of(options), as_bytes(document_of(options, version)));
  return version;
}

void use_version(ApiClient& client, const ConfigOptions& options, uint32_t version) {
  client.post(path_of(options), json::object{{"version", version}});
}

void tell(const ConfigOptions& options, uint32_t version, const char* what) {
  if (options.json) return print_json(json::object{{"version", version}});
  std::cout << printable(options.product) << " configuration " << version << ' ' << what << '\n';
}

void set(const ConfigOptions& options) {
  ApiClient client(load_profile(options.config));
  const uint32_t version = add_version(client, options);
  use_version(client, options, version);
  tell(options, version, "is in force; devices take it at their next check-in");
}

void add(const ConfigOptions& options) {
  ApiClient client(load_profile(options.config));
  tell(
      options, add_version(client, options),
      "is kept; `otter config use` puts it in force, `otter publish --configuration` binds it to a "
      "release");
}

void use(const ConfigOptions& options) {
  ApiClient client(load_profile(options.config));
  use_version(client, options, options.version);
  tell(options, options.version, "is in force; devices take it at their next check-in");
}

// In stages, as a release: `otter rollout` steers and shows it.
void roll_out(const ConfigOptions& options) {
  json::object body;
  if (!options.file.empty()) {
    json::error_code error;
    const json::value plan = json::parse(read_text_file(options.file, kPlanSizeMax), error);
    if (error || !plan.is_object()) {
      throw std::runtime_error(options.file + ": not a plan, which is a JSON object");
    }
    body = plan.as_object();
  }
  body["config"] = options.version;
  if (!options.plan_template.empty()) body["template"] = options.plan_template;
  if (!options.group.empty()) body["group"] = options.group;
  const json::value answer =
      ApiClient(load_profile(options.config))
          .post("/api/v1/products/" + url_encode(options.product) + "/rollouts", body);
  if (options.json) return print_json(answer);
  print_rollout(std::cout, answer.as_object());
  std::cout << "Watch it: otter rollout watch " << printable(options.product) << " "
            << shown(answer.as_object(), "name") << "\n";
}

void print_devices(const json::object& devices) {
  std::cout << "devices  " << shown(devices, "applied") << " of " << shown(devices, "enrolled")
            << " have it, " << shown(devices, "failed") << " took it back\n";
}

void show(const ConfigOptions& options) {
  const std::string query =
      options.version == 0 ? "" : "?version=" + std::to_string(options.version);
  const json::value answer = ApiClient(load_profile(options.config)).get(path_of(options) + query);
  if (options.json) return print_json(answer);
  const json::object& shown_one = answer.as_object();
  const std::string in_force = shown(shown_one, "in_force");
  if (shown_one.contains("document")) {
    std::cout << "version  " << shown(shown_one, "version")
              << (shown(shown_one, "version") == in_force ? " (in force)" : "") << "\nsha256   "
              << shown(shown_one, "sha256") << '\n';
    print_devices(shown_one.at("devices").as_object());
    std::cout << printable(shown(shown_one, "document")) << "\n\n";
  } else {
    std::cout << "no configuration is in force\n";
  }
  Table table({"VERSION", "IN FORCE", "CREATED", "SHA256"});
  for (const json::value& item : list_of(answer, "versions")) {
    const json::object& one = item.as_object();
    table.add({shown(one, "version"), shown(one, "version") == in_force ? "yes" : "-",
               shown_time(one, "created"), shown(one, "sha256")});
  }
  table.print(std::cout, wants_colour());
}

}  // namespace

void add_config(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("config", "Set what devices are configured to");
  verb->require_subcommand(1);
  const auto options = std::make_shared<ConfigOptions>();
  const auto sub_verb = [&](const char* name, const char* text, void (*run)(const ConfigOptions&)) {
    CLI::App* sub = verb->add_subcommand(name, text);
    sub->add_option("product", options->product, "The product's name")->required();
    sub->add_option("--config", options->config, "otter.toml");
    sub->add_flag("--json", options->json, "Print JSON");
    sub->callback([options, run] { run(*options); });
    return sub;
  };
  CLI::App* setting = sub_verb("set", "Keep values as a new version, and put it in force", set);
  CLI::App* adding = sub_verb("add", "Keep values as a new version", add);
  for (CLI::App* sub : {setting, adding}) {
    sub->add_option("file", options->file, "A JSON object: the values")->required();
  }
  CLI::App* using_one = sub_verb("use", "Put a version in force, also an earlier one", use);
  using_one->add_option("version", options->version, "The version")
      ->required()
      ->check(CLI::Range(uint32_t{1}, UINT32_MAX));
  CLI::App* rolling = sub_verb("rollout", "Let a version out in stages, as a release", roll_out);
  rolling->add_option("version", options->version, "The version")
      ->required()
      ->check(CLI::Range(uint32_t{1}, UINT32_MAX));
  rolling->add_option("--plan", options->file, "Stages and gates as JSON")
      ->check(CLI::ExistingFile);
  rolling->add_option("--template", options->plan_template, "careful, normal or all_at_once")
      ->check(CLI::IsMember({"careful", "normal", "all_at_once"}));
  rolling->add_option("--group", options->group, "Which devices: a group's name, or a filter");
  CLI::App* showing = sub_verb("show", "Show what is in force, and how far it has come", show);
  showing->add_option("--version", options->version, "Show this version")
      ->check(CLI::Range(uint32_t{1}, UINT32_MAX));
  verb->footer("Example: otter config set lamp values.json");
}

}  // namespace otter::cli
