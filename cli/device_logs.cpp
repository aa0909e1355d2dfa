// `otter device logs`: the log lines that a device has sent when it was asked.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <sstream>

#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/device_verbs.h"
#include "cli/table.h"

namespace otter::cli {
namespace {

struct LogOptions {
  std::string config, id;
  bool all = false, json = false;
};

void print_log(const boost::json::object& log) {
  std::cout << "# received " << shown_time(log, "received") << ", version " << shown(log, "version")
            << "\n";
  // The server has let nothing through but printable characters and newlines; so that it need not
  // be believed, each line is looked at once more.
  std::istringstream lines(std::string(log.at("text").as_string()));
  for (std::string line; std::getline(lines, line);) std::cout << printable(line) << "\n";
}

void run(const LogOptions& options) {
  ApiClient client(load_profile(options.config));
  const boost::json::value answer =
      client.get("/api/v1/devices/" + url_encode(options.id) + "/logs");
  if (options.json) return print_json(answer);
  const boost::json::array logs = list_of(answer, "logs");
  if (logs.empty()) {
    throw std::runtime_error(options.id +
                             " has sent no log; ask for it with: otter device command " +
                             options.id + " send_logs");
  }
  const size_t count = options.all ? logs.size() : 1;
  for (size_t i = 0; i < count; ++i) print_log(logs[i].as_object());
}

}  // namespace

void add_device_logs(CLI::App& device) {
  CLI::App* verb = device.add_subcommand(
      "logs", "The log that a device has sent last: otter device command ID send_logs");
  auto options = std::make_shared<LogOptions>();
  verb->add_option("id", options->id, "The device's id")->required();
  verb->add_flag("--all", options->all, "Those before it, too, the newest first");
  verb->add_option("--config", options->config, "otter.toml");
  verb->add_flag("--json", options->json, "Print JSON");
  verb->footer("Example: otter device logs lamp-7");
  verb->callback([options] { run(*options); });
}

}  // namespace otter::cli
