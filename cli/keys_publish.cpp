// `otter keys root publish`, `otter keys trust publish`, `otter keys epoch`, `otter keys
// rotate-epoch`: what the server is told of keys.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/keys_verbs.h"
#include "publish/base64.h"

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
// What is sent is what was read: a frame has one spelling.
std::string signed_frame(const std::string& path, const SignedKind& kind) {
  const SignedDocument document = read_document(path, kind);
  if (!document.signatures.empty()) return write_signed_document(document);
  throw std::runtime_error(path + ": nobody has signed it; `" + kind.command +
                           "` makes a signed file of it");
}

void publish(const PublishOptions& options, const SignedKind& kind, const char* path,
             const char* what) {
  const std::string frame = signed_frame(options.file, kind);
  ApiClient client(load_profile(options.config));
  const json::value answer =
      client.post(path, json::object{{"frame", base64_text(as_bytes(frame))}});
  if (options.json) return print_json(answer);
  std::cout << "published " << what << " version " << answer.at("version") << '\n';
}

void publish_root(const PublishOptions& options) {
  publish(options, root_kind(), "/api/v1/root", "root metadata");
}

void publish_trust(const PublishOptions& options) {
  publish(options, trust_kind(), "/api/v1/trust", "trust payload");
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
  const json::value answer =
      client.post(kEpochPath, json::object{{"epoch", current + 1}, {"force", options.force}});
  if (options.json) return print_json(answer);
  std::cout << "device keys are now of epoch " << current + 1 << "; those of " << current
            << " are good until the next\n";
}

CLI::App* add_verb(CLI::App* parent, const char* verb, const char* help,
                   const std::shared_ptr<PublishOptions>& options,
                   void (*action)(const PublishOptions&)) {
  CLI::App* command = parent->add_subcommand(verb, help);
  command->add_option("--config", options->config, "otter.toml; else OTTER_CONFIG or ./otter.toml");
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([options, action] { action(*options); });
  return command;
}

}  // namespace

void add_keys_publish(CLI::App& keys) {
  const auto options = std::make_shared<PublishOptions>();
  CLI::App* root = add_verb(keys.get_subcommand("root"), "publish",
                            "Give the server the next root metadata", options, publish_root);
  CLI::App* trust = add_verb(keys.get_subcommand("trust"), "publish",
                             "Give the server a trust payload", options, publish_trust);
  for (CLI::App* command : {root, trust}) {
    command->add_option("file", options->file, "The signed file, *.otr")->required();
  }
  add_verb(&keys, "epoch", "Show the epoch of the device keys", options, show_epoch);
  add_verb(&keys, "rotate-epoch", "Give all devices new keys", options, rotate_epoch)
      ->add_flag("--force", options->force, "Also if that shuts out devices with older keys");
}

}  // namespace otter::cli
