// `otter backup` and `otter restore`.
#include "server/backup.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <set>

#include "cli/answer.h"
#include "cli/clock.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "server/settings.h"

namespace otter::cli {
namespace {

struct BackupOptions {
  std::string file;
  std::string config;
  std::string into;
  bool leave_out_damaged = false;
  bool json = false;
};

uint64_t size_of(const server::BackupIndex& index) {
  uint64_t size = 0;
  for (const server::BackupFile& file : index.files) size += file.size_bytes;
  return size;
}

boost::json::object document_of(const std::string& file, const server::BackupIndex& index) {
  boost::json::array left_out;
  for (const Digest& digest : index.left_out) left_out.emplace_back(to_hex(digest).characters);
  return {{"file", file},
          {"otter", index.otter},
          {"created_s", index.created_s},
          {"files", index.files.size()},
          {"size", size_of(index)},
          {"left_out", std::move(left_out)}};
}

void print_left_out(const server::BackupIndex& index) {
  for (const Digest& digest : index.left_out) {
    std::cerr << "otter: left out, as it is missing or damaged: image " << to_hex(digest).characters
              << '\n';
  }
}

// Files that the settings name and that lie elsewhere are the operator's to keep.
void print_outside(const server::ServerSettings& settings, const server::BackupIndex& index) {
  namespace fs = std::filesystem;
  std::set<fs::path> kept;
  for (const server::BackupFile& file : index.files) {
    const fs::path inside = fs::path(file.path).lexically_relative("otter-data");
    kept.insert(fs::weakly_canonical(fs::path(settings.data) / inside));
  }
  for (const std::string& path :
       {settings.certificate, settings.key, settings.client_ca, settings.metrics_token_file,
        settings.openid.client_secret_file, settings.openid.ca}) {
    if (path.empty() || kept.contains(fs::weakly_canonical(path))) continue;
    std::cerr << "otter: not in the backup, as it is outside of what that keeps: " << path << '\n';
  }
}

void back_up(const BackupOptions& options) {
  server::SettingsSources sources;
  sources.config_file = options.config;
  sources.environment = server::process_environment();
  const server::Settings settings = server::load_settings(sources);
  server::BackupRequest request;
  request.file = options.file;
  request.config_file = settings.config_file;
  request.data.path = settings.server.data;
  request.leave_out_damaged = options.leave_out_damaged;
  request.now_s = now_s();
  const server::BackupResult result = server::make_backup(request);
  print_left_out(result.index);
  print_outside(settings.server, result.index);
  for (const std::string& path : result.passed_over) {
    std::cerr << "otter: not in the backup, as it is no file of otter's: " << path << '\n';
  }
  if (options.json) return print_json(document_of(options.file, result.index));
  std::cout << options.file << ": " << result.index.files.size() << " files, "
            << size_of(result.index) << " bytes; it holds keys, keep it as you keep them\n";
}

// The settings may name another folder, that of the machine that was backed up, or be those of
// another version: nothing that a restore fails for.
void print_other_folder(const server::RestoreResult& result) {
  namespace fs = std::filesystem;
  server::SettingsSources sources;
  sources.config_file = result.config_file;
  try {
    const server::Settings settings = server::load_settings(sources);
    std::error_code ignored;
    if (fs::equivalent(settings.server.data, result.data.path, ignored)) return;
    std::cerr << "otter: " << result.config_file << " has data = \"" << settings.server.data
              << "\": make it \"otter-data\", or move " << result.data.path << " there\n";
  } catch (const server::SettingsError& error) {
    std::cerr << "otter: restored, but " << error.what() << '\n';
  }
}

void restore(const BackupOptions& options) {
  const server::RestoreResult result = server::restore_backup(options.file, options.into);
  print_left_out(result.index);
  if (!result.config_file.empty()) print_other_folder(result);
  if (options.json) return print_json(document_of(options.file, result.index));
  std::cout << result.data.path << ": " << result.index.files.size() << " files, "
            << size_of(result.index) << " bytes, each compared with the backup's list\n"
            << "It is of " << format_time(result.index.created_s)
            << ": what was revoked or published since then is not in it. docs/operating.md,\n"
            << "\"After a restore\", says what to do before devices come.\n";
}

}  // namespace

void add_backup(CLI::App& app) {
  auto options = std::make_shared<BackupOptions>();
  CLI::App* backup = app.add_subcommand(
      "backup", "Copy database, images, keys and settings into one file, while the server runs");
  backup->add_option("file", options->file, "The file that is made, a tar archive")->required();
  backup->add_option("--config", options->config, "otter.toml (else OTTER_CONFIG, ./otter.toml)");
  backup->add_flag("--leave-out-damaged", options->leave_out_damaged,
                   "Go on without images that are missing or damaged, and name them");
  backup->add_flag("--json", options->json, "Print JSON");
  backup->callback([options] { back_up(*options); });

  CLI::App* restoring = app.add_subcommand("restore", "Make a data folder from a backup");
  restoring->add_option("file", options->file, "What `otter backup` made")->required();
  restoring->add_option("--into", options->into, "An empty folder, or one that is to be made")
      ->required();
  restoring->add_flag("--json", options->json, "Print JSON");
  restoring->callback([options] { restore(*options); });
}

}  // namespace otter::cli
