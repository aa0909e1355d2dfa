// `otter doctor`. Exit codes: 0 all is well, 1 a warning, 2 something fails.
#include "server/doctor.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/answer.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace otter::cli {
namespace {

using server::Diagnosis;
using server::Health;

struct DoctorOptions {
  std::string config;
  bool json = false;
};

// A wrong setting is the first thing that a person has to know.
std::vector<Diagnosis> examine(const DoctorOptions& options) {
  server::SettingsSources sources;
  sources.config_file = options.config;
  sources.environment = server::process_environment();
  try {
    return diagnose(server::load_settings(sources), server::real_surroundings());
  } catch (const server::SettingsError& error) {
    return {{"settings", Health::fail, error.what(), "mend it: otter serve --check"}};
  }
}

void print_document(const std::vector<Diagnosis>& lines) {
  boost::json::array checks;
  for (const Diagnosis& line : lines) {
    checks.push_back(boost::json::object{{"check", line.check},
                                         {"health", server::name(line.health)},
                                         {"detail", line.detail},
                                         {"advice", line.advice}});
  }
  print_json(boost::json::object{{"checks", std::move(checks)}});
}

const char* word_of(Health health) {
  if (health == Health::ok) return "OK  ";
  return health == Health::warn ? "WARN" : "FAIL";
}

const char* colour_of(Health health) {
  if (health == Health::ok) return "\x1b[32m";
  return health == Health::warn ? "\x1b[33m" : "\x1b[31m";
}

void print_lines(const std::vector<Diagnosis>& lines) {
  const bool with_colour = wants_colour();
  for (const Diagnosis& line : lines) {
    std::cout << (with_colour ? colour_of(line.health) : "") << word_of(line.health)
              << (with_colour ? "\x1b[0m  " : "  ") << line.check << ": " << printable(line.detail)
              << '\n';
    if (!line.advice.empty()) std::cout << "      -> " << printable(line.advice) << '\n';
  }
}

void doctor(const DoctorOptions& options) {
  const std::vector<Diagnosis> lines = examine(options);
  if (options.json) {
    print_document(lines);
  } else {
    print_lines(lines);
  }
  Health worst = Health::ok;
  for (const Diagnosis& line : lines) worst = std::max(worst, line.health);
  if (worst != Health::ok) throw CLI::RuntimeError(static_cast<int>(worst));
}

}  // namespace

void add_doctor(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "doctor", "Say what is wrong with this server, or soon will be, and what to do next");
  auto options = std::make_shared<DoctorOptions>();
  verb->add_option("--config", options->config, "otter.toml (else OTTER_CONFIG, ./otter.toml)");
  verb->add_flag("--json", options->json, "Print JSON");
  verb->footer("Exit code: 0 all is well, 1 a warning, 2 something fails");
  verb->callback([options] { doctor(*options); });
}

}  // namespace otter::cli
