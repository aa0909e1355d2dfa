// `otter keys root publish`, `otter keys trust publish`, `otter keys epoch`, `otter keys
// rotate-epoch`: what the server is told of keys. The verb `keys` itself is in cli/keys.cpp.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/files.h"
#include "cli/verbs.h"
#include "ota/wire/checkin.h"

namespace otter::cli {
namespace {

namespace json = boost::json;

constexpr char kEpochPath[] = "/api/v1/keys/epoch";

struct PublishOptions {
  std::string file;
  std::string config;
  bool force = false;
  bool json = false;
};
using Options = std::shared_ptr<PublishOptions>;

std::string base64_of(Bytes bytes) {
  std::vector<uint8_t> buffer(base64_size(bytes.size));
  Appender out(buffer);
  base64_encode(bytes, out);
  return {buffer.begin(), buffer.end()};
}

void publish(const PublishOptions& options, const char* path, const char* what) {
  const std::vector<uint8_t> frame = read_file(options.file, kEnvelopeSizeMax);
  ApiClient client(load_profile(options.config));
  const json::value answer = client.post(path, json::object{{"frame", base64_of(frame)}});
  std::cout << "published " << what << " version " << answer.at("version") << '\n';
}

void publish_root(const PublishOptions& options) {
  publish(options, "/api/v1/root", "root metadata");
}

void publish_trust(const PublishOptions& options) {
  publish(options, "/api/v1/trust", "trust payload");
}

void show_epoch(const PublishOptions& options) {
  const json::value answer = ApiClient(load_profile(options.config)).get(kEpochPath);
  if (options.json) return print_json(answer);
  std::cout << "epoch           " << answer.at("epoch") << "\naccepted        "
            << answer.at("accepted") << "\ndevices behind  " << answer.at("devices_behind") << '\n';
}

// Asks for the epoch after the one that it saw: sent twice, the second is refused.
void rotate_epoch(const PublishOptions& options) {
  ApiClient client(load_profile(options.config));
  const int64_t current = client.get(kEpochPath).at("epoch").as_int64();
  client.post(kEpochPath, json::object{{"epoch", current + 1}, {"force", options.force}});
  std::cout << "device keys are now of epoch " << current + 1 << "; those of " << current
            << " are good until the next\n";
}

CLI::App* find_or_add(CLI::App* parent, const char* verb, const char* help) {
  for (CLI::App* known : parent->get_subcommands({})) {
    if (known->check_name(verb)) return known;
  }
  CLI::App* made = parent->add_subcommand(verb, help);
  made->require_subcommand(1);
  return made;
}

CLI::App* add_verb(CLI::App* parent, const char* verb, const char* help, const Options& options,
                   void (*action)(const PublishOptions&)) {
  CLI::App* command = parent->add_subcommand(verb, help);
  command->add_option("--config", options->config, "otter.toml; else OTTER_CONFIG or ./otter.toml");
  command->callback([options, action] { action(*options); });
  return command;
}

void add_file(CLI::App* command, const Options& options, const char* help) {
  command->add_option("file", options->file, help)->required();
}

}  // namespace

void add_keys_publish(CLI::App& app) {
  CLI::App* keys = app.get_subcommand("keys");
  const auto options = std::make_shared<PublishOptions>();
  add_file(add_verb(find_or_add(keys, "root", "Root metadata: which keys may sign what"), "publish",
                    "Give the server the next root metadata", options, publish_root),
           options, "Signed root metadata, a frame");
  add_file(add_verb(find_or_add(keys, "trust", "What devices trust of TLS"), "publish",
                    "Give the server a trust payload", options, publish_trust),
           options, "A signed trust payload, a frame");
  add_verb(keys, "epoch", "Show the epoch of the device keys", options, show_epoch)
      ->add_flag("--json", options->json, "Print JSON");
  add_verb(keys, "rotate-epoch", "Give all devices new keys", options, rotate_epoch)
      ->add_flag("--force", options->force, "Also if that shuts out devices with older keys");
}

}  // namespace otter::cli
