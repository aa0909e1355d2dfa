// `otter fsck`. Exit codes: 0 clean, 1 findings, 2 it can't run.
#include "server/fsck.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/answer.h"
#include "cli/clock.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "server/settings.h"

namespace otter::cli {
namespace {

constexpr int kFindings = 1;
constexpr int kCantRun = 2;

struct FsckOptions {
  std::string config;
  std::string data;
  bool repair = false;
  bool json = false;
};

server::FsckReport inspect(const FsckOptions& options) {
  server::SettingsSources sources;
  sources.config_file = options.config;
  sources.environment = server::process_environment();
  if (!options.data.empty()) sources.flags.emplace_back("server.data", options.data);
  server::FsckRequest request;
  request.data.path = server::load_settings(sources).server.data;
  request.repair = options.repair;
  request.now_s = now_s();
  return server::check_data_folder(request);
}

void print_document(const server::FsckReport& report) {
  boost::json::array findings;
  for (const server::Finding& finding : report.findings) {
    findings.push_back(boost::json::object{{"kind", server::name(finding.kind)},
                                           {"path", finding.path},
                                           {"detail", finding.detail},
                                           {"repaired", finding.repaired}});
  }
  print_json(boost::json::object{
      {"findings", std::move(findings)}, {"images", report.images}, {"size", report.size_bytes}});
}

void print_lines(const server::FsckReport& report) {
  for (const server::Finding& finding : report.findings) {
    std::cout << server::name(finding.kind) << ": " << printable(finding.path) << ": "
              << (finding.repaired ? "removed" : printable(finding.detail)) << '\n';
  }
  std::cout << report.images << " images, " << report.size_bytes
            << " bytes: " << report.findings.size() << " findings\n";
}

bool is_left(const server::FsckReport& report) {
  for (const server::Finding& finding : report.findings) {
    if (!finding.repaired) return true;
  }
  return false;
}

void fsck(const FsckOptions& options) {
  server::FsckReport report;
  try {
    report = inspect(options);
  } catch (const std::exception& error) {
    std::cerr << "otter: " << error.what() << std::endl;
    throw CLI::RuntimeError(kCantRun);
  }
  if (options.json) {
    print_document(report);
  } else {
    print_lines(report);
  }
  if (is_left(report)) throw CLI::RuntimeError(kFindings);
}

}  // namespace

void add_fsck(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "fsck", "Check database, images and file modes; the server may be running");
  auto options = std::make_shared<FsckOptions>();
  verb->add_option("--config", options->config, "otter.toml (else OTTER_CONFIG, ./otter.toml)");
  verb->add_option("--data", options->data, "The data folder");
  verb->add_flag("--repair", options->repair, "Remove half-written files that nobody writes");
  verb->add_flag("--json", options->json, "Print JSON");
  verb->footer("Exit code: 0 clean, 1 findings, 2 it can't run");
  verb->callback([options] { fsck(*options); });
}

}  // namespace otter::cli
