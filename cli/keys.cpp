// `otter keys`: the keys that sign, and who may sign what. The private half stays in its file.
#include "publish/keys.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/keys_verbs.h"
#include "cli/verbs.h"

namespace otter::cli {
namespace {

namespace json = boost::json;

struct KeysOptions {
  std::string path;
  std::string config;
  bool json = false;
};
std::string point_hex(Bytes point) {
  std::string text(2 * point.size, '\0');
  hex_encode(point, text.data());
  return text;
}

void make_key(const KeysOptions& options) {
  make_signing_key(options.path);
  if (options.json) {
    return print_json({{"keyid", key_id_of(read_public_point(options.path))},
                       {"private", options.path},
                       {"public", options.path + ".pub"}});
  }
  std::cout << "key " << key_id_of(read_public_point(options.path)) << "\n  private  "
            << options.path << "  (keep it offline, with a copy)\n  public   " << options.path
            << ".pub\n";
}

void show_key(const KeysOptions& options) {
  const std::vector<uint8_t> point = read_public_point(options.path);
  if (options.json) {
    std::cout << json::serialize(
                     json::object{{"keyid", key_id_of(point)}, {"point", point_hex(point)}})
              << '\n';
    return;
  }
  std::cout << "key    " << key_id_of(point) << "\npoint  " << point_hex(point) << '\n';
}

// The public half alone goes to the server, whichever file was given.
void register_key(const KeysOptions& options) {
  const std::string pem = public_pem_of(read_public_point(options.path));
  ApiClient client(load_profile(options.config));
  const json::value answer =
      client.post("/api/v1/keys/release", json::object{{"public_key_pem", pem}});
  if (options.json) return print_json(answer);
  std::cout << "registered key " << std::string(answer.at("keyid").as_string()) << '\n';
}

void list_keys(const KeysOptions& options) {
  ApiClient client(load_profile(options.config));
  const json::value answer = client.get("/api/v1/keys/release");
  if (options.json) {
    std::cout << json::serialize(answer) << '\n';
    return;
  }
  if (answer.at("root_version").is_number()) {
    std::cout << "by root metadata " << answer.at("root_version") << ":\n";
  }
  for (const json::value& key : answer.at("keys").as_array()) {
    std::cout << std::string(key.at("keyid").as_string()) << '\n';
  }
}

CLI::App* add_verb(CLI::App* keys, const char* verb, const char* help,
                   const std::shared_ptr<KeysOptions>& options,
                   void (*action)(const KeysOptions&)) {
  CLI::App* command = keys->add_subcommand(verb, help);
  command->callback([options, action] { action(*options); });
  return command;
}

}  // namespace

void add_keys(CLI::App& app) {
  CLI::App* keys = app.add_subcommand("keys", "The keys that sign, and what devices trust");
  keys->require_subcommand(1);
  const auto options = std::make_shared<KeysOptions>();

  CLI::App* make = add_verb(keys, "make", "Make a key pair: PATH and PATH.pub", options, make_key);
  make->add_option("path", options->path, "The new private key's file")->required();
  make->add_flag("--json", options->json, "Print JSON");
  make->footer("Example: otter keys make release-3.pem");

  CLI::App* show = add_verb(keys, "show", "Show a key's id and public point", options, show_key);
  show->add_option("file", options->path, "A public or private key in PEM format")->required();
  show->add_flag("--json", options->json, "Print JSON");

  CLI::App* enter = add_verb(keys, "register", "Let the server accept releases signed by a key",
                             options, register_key);
  enter->add_option("file", options->path, "A public or private key in PEM format")->required();
  enter->add_option("--config", options->config, "otter.toml; else OTTER_CONFIG or ./otter.toml");
  enter->add_flag("--json", options->json, "Print JSON");

  CLI::App* list =
      add_verb(keys, "list", "List the keys that the server accepts", options, list_keys);
  list->add_option("--config", options->config, "otter.toml; else OTTER_CONFIG or ./otter.toml");
  list->add_flag("--json", options->json, "Print JSON");

  add_keys_root(*keys);
  add_keys_trust(*keys);
  add_keys_device(*keys);
  add_keys_publish(*keys);
}

}  // namespace otter::cli
