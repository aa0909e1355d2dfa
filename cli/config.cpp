// `otter config`: what devices are set to apart from firmware. docs/spec/configuration.md.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>

#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/config_schema.h"
#include "cli/files.h"
#include "cli/plan_file.h"
#include "cli/rollout_watch.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "server/configuration_values.h"

namespace otter::cli {
namespace {

namespace json = boost::json;

constexpr char kSpace[] = " \t\r\n";
constexpr int kTriesMax = 3;

struct ConfigOptions {
  std::string config;
  std::string product;
  std::string file;
  std::string plan_template;
  std::string group;
  std::string device;
  std::string schema;
  uint32_t version = 0;
  bool json = false;
};

std::string path_of(const ConfigOptions& options) {
  return "/api/v1/products/" + url_encode(options.product) + "/config";
}

// What has values of its own: a group or a device.
std::string owner_path(const ConfigOptions& options) {
  const bool is_group = !options.group.empty();
  return path_of(options) + (is_group ? "/groups/" + url_encode(options.group)
                                      : "/devices/" + url_encode(options.device));
}

std::string owner_name(const ConfigOptions& options) {
  return printable(options.group.empty() ? options.device : options.group);
}

bool has_owner(const ConfigOptions& options) {
  return !options.group.empty() || !options.device.empty();
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

std::string read_values(const ConfigOptions& options) {
  const std::string text = read_text_file(options.file, 2 * kConfigurationSizeMax);
  const size_t begin = std::min(text.find_first_not_of(kSpace), text.size());
  const std::string values = text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
  // By themselves first: "{},..." would be more than values.
  const Error error = Json::parse(values, {2 * kConfigurationSizeMax, 3}).error;
  if (error != Error::ok) refuse_values(options.file, error);
  return values;
}

std::string document_of(const ConfigOptions& options, const std::string& values, uint32_t version) {
  const Result<std::string> document = server::configuration_document(version, values);
  if (!document.ok()) refuse_values(options.file, document.error);
  return document.value;
}

// Until a version is free: the server merges under versions of its own meanwhile.
uint32_t add_version(ApiClient& client, const ConfigOptions& options) {
  const std::string values = read_values(options);
  if (!options.schema.empty()) require_schema(options.schema, values, options.file);
  for (int tries_left = kTriesMax;; --tries_left) {
    const auto version = client.get(path_of(options)).at("next_version").to_number<uint32_t>();
    try {
      client.put(path_of(options), as_bytes(document_of(options, values, version)));
      return version;
    } catch (const ApiError& error) {
      if (error.code != "version_used" || tries_left == 1) throw;
    }
  }
}

void use_version(ApiClient& client, const ConfigOptions& options, uint32_t version) {
  client.post(path_of(options), json::object{{"version", version}});
}

void tell(const ConfigOptions& options, uint32_t version, const char* what) {
  if (options.json) return print_json(json::object{{"version", version}});
  std::cout << printable(options.product) << " configuration " << version << ' ' << what << '\n';
}

// The schema is of a whole configuration: what is in force, with these values.
void require_schema_of_layer(ApiClient& client, const ConfigOptions& options,
                             const std::string& values) {
  const json::object shown_one = client.get(path_of(options)).as_object();
  std::string base = "{}";
  if (const json::value* document = shown_one.if_contains("document")) {
    base = server::values_of(std::string(document->as_string()));
  }
  const std::vector<std::string> patches = {values};
  require_schema(options.schema, server::merged_values(base, patches), options.file);
}

void set_layer(ApiClient& client, const ConfigOptions& options) {
  const std::string values = read_values(options);
  if (!options.schema.empty()) require_schema_of_layer(client, options, values);
  client.put(owner_path(options), as_bytes(values));
  if (options.json) return print_json(json::parse(values));
  std::cout << owner_name(options) << " of " << printable(options.product)
            << " has values of its own; devices take them at their next check-in\n";
}

void set(const ConfigOptions& options) {
  ApiClient client(load_profile(options.config));
  if (has_owner(options)) return set_layer(client, options);
  const uint32_t version = add_version(client, options);
  use_version(client, options, version);
  tell(options, version, "is in force; devices take it at their next check-in");
}

void unset(const ConfigOptions& options) {
  if (!has_owner(options)) throw std::runtime_error("say whose values: --group or --device");
  const json::value answer = ApiClient(load_profile(options.config)).remove(owner_path(options));
  if (options.json) return print_json(answer);
  std::cout << owner_name(options) << " of " << printable(options.product)
            << " has no values of its own any more\n";
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
  if (!options.file.empty()) body = read_plan_file(options.file);
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

void print_layers(const json::array& layers) {
  Table table({"VALUES OF", "NAME", "SINCE", "BY", "VALUES"});
  for (const json::value& item : layers) {
    const json::object& one = item.as_object();
    table.add({shown(one, "kind"), shown(one, "name"), shown_time(one, "created"),
               shown(one, "created_by"), json::serialize(one.at("values"))});
  }
  table.print(std::cout, wants_colour());
}

void print_side(const char* side, const json::value& configuration) {
  if (!configuration.is_object()) {
    std::cout << side << "  -\n";
    return;
  }
  const json::object& one = configuration.as_object();
  std::cout << side << "  " << shown(one, "version");
  if (shown(one, "base") != shown(one, "version")) {
    std::cout << " (" << shown(one, "base") << " of the product, merged)";
  }
  std::cout << "\n          " << printable(shown(one, "document")) << '\n';
}

void show_of_device(const ConfigOptions& options) {
  const json::value answer = ApiClient(load_profile(options.config))
                                 .get("/api/v1/devices/" + url_encode(options.device) + "/config");
  if (options.json) return print_json(answer);
  const json::object& device = answer.as_object();
  print_side("desired ", device.at("desired"));
  print_side("reported", device.at("reported"));
  if (shown(device, "failed_version") != "0") {
    std::cout << "failed    " << shown(device, "failed_version") << '\n';
  }
  if (!device.at("fault").is_null()) {
    std::cout << "merged they can be no configuration: " << shown(device, "fault") << '\n';
  }
  if (!list_of(answer, "layers").empty()) {
    std::cout << '\n';
    print_layers(list_of(answer, "layers"));
  }
}

void show_layers(const ConfigOptions& options) {
  const json::value answer =
      ApiClient(load_profile(options.config)).get_all(path_of(options) + "/layers", "layers");
  if (options.json) return print_json(answer);
  print_layers(list_of(answer, "layers"));
}

void show(const ConfigOptions& options) {
  if (!options.device.empty()) return show_of_device(options);
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
    sub->add_option("--schema", options->schema, "A JSON Schema that the values must be as")
        ->check(CLI::ExistingFile);
  }
  CLI::App* unsetting = sub_verb("unset", "Take a group's or a device's own values away", unset);
  for (CLI::App* sub : {setting, unsetting}) {
    CLI::Option* group = sub->add_option("--group", options->group,
                                         "Of this group alone, merged with the product's");
    sub->add_option("--device", options->device, "Of this device alone, merged last")
        ->excludes(group);
  }
  sub_verb("layers", "List who has values of its own", show_layers);
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
  showing->add_option("--device", options->device, "Show what this device is to have, and has");
  verb->footer("Example: otter config set lamp values.json");
}

}  // namespace otter::cli
