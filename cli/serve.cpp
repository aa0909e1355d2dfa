// `otter serve`: the server.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/verbs.h"
#include "server/service.h"

namespace otter::cli {
namespace {

struct ServeOptions {
  std::string config;
  std::string listen;
  std::string data;
  bool check = false;
};

server::Settings settings_of(const ServeOptions& options) {
  server::SettingsSources sources;
  sources.config_file = options.config;
  sources.environment = server::process_environment();
  if (!options.listen.empty()) sources.flags.emplace_back("server.listen", options.listen);
  if (!options.data.empty()) sources.flags.emplace_back("server.data", options.data);
  return server::load_settings(sources);
}

void serve(const ServeOptions& options) {
  const server::Settings settings = settings_of(options);
  if (options.check) {
    std::cout << server::print_settings(settings);
    return;
  }
  server::block_stop_signals();
  server::raise_descriptor_limit();
  server::Service service(settings.server, std::cout);
  // The port is open: who comes now waits for start(). After it the log has the stream.
  if (settings.server.log == server::LogFormat::human) {
    std::cout << "Otter serves " << service.url() << std::endl;
  }
  service.start();
  service.wait_for_stop_signal();
  service.stop();
}

}  // namespace

void add_serve(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("serve", "Run the update server until SIGTERM or SIGINT");
  auto options = std::make_shared<ServeOptions>();
  verb->add_flag("--check", options->check, "Print the settings as they hold, and end");
  verb->add_option("--config", options->config, "otter.toml (else OTTER_CONFIG, ./otter.toml)");
  verb->add_option("--listen", options->listen, "Address and port, as 127.0.0.1:8443");
  verb->add_option("--data", options->data, "The data folder");
  verb->callback([options] { serve(*options); });
}

}  // namespace otter::cli
