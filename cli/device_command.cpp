// `otter device command`: what a device is to do at its next check-in.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/device_verbs.h"
#include "cli/table.h"

namespace otter::cli {
namespace {

struct CommandOptions {
  std::string config, id, command;
  bool withdraw = false, json = false;
};

void run(const CommandOptions& options) {
  if (options.withdraw == !options.command.empty()) {
    throw std::runtime_error("say what the device is to do, or --withdraw");
  }
  ApiClient client(load_profile(options.config));
  const std::string path = "/api/v1/devices/" + url_encode(options.id) + "/command";
  const boost::json::value answer =
      options.withdraw ? client.remove(path) : client.post(path, {{"command", options.command}});
  if (options.json) return print_json(answer);
  std::cout << printable(options.id)
            << (options.withdraw ? ": withdrawn" : ": " + options.command + " at its next check-in")
            << "\n";
}

}  // namespace

void add_device_command(CLI::App& device) {
  CLI::App* verb =
      device.add_subcommand("command", "Have a device do something at its next check-in");
  auto options = std::make_shared<CommandOptions>();
  verb->add_option("id", options->id, "The device's id")->required();
  verb->add_option("command", options->command,
                   "reboot; rollback: to the image before; check_now: then check in again soon; "
                   "send_logs: otter device logs shows what it sends");
  verb->add_flag("--withdraw", options->withdraw, "Take back the one that waits");
  verb->add_option("--config", options->config, "otter.toml");
  verb->add_flag("--json", options->json, "Print JSON");
  verb->callback([options] { run(*options); });
}

}  // namespace otter::cli
