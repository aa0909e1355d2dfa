// The program `otter`: one verb a file. Exit codes: 0 done, 1 could not be done (one line on
// standard error says why), 2 wrong usage; a verb may have more of its own.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <iostream>

#include "cli/examples.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;

void add_verbs(CLI::App& app) {
  otter::cli::add_init(app);
  otter::cli::add_serve(app);
  otter::cli::add_backup(app);
  otter::cli::add_fsck(app);
  otter::cli::add_doctor(app);
  otter::cli::add_top(app);
  otter::cli::add_product(app);
  otter::cli::add_release(app);
  otter::cli::add_approve(app);
  otter::cli::add_rollout(app);
  otter::cli::add_experiment(app);
  otter::cli::add_explain(app);
  otter::cli::add_device(app);
  otter::cli::add_group(app);
  otter::cli::add_config(app);
  otter::cli::add_account(app);
  otter::cli::add_token(app);
  otter::cli::add_audit(app);
  otter::cli::add_delta(app);
  otter::cli::add_image(app);
  otter::cli::add_keys(app);
  otter::cli::add_sign(app);
  otter::cli::add_publish(app);
  otter::cli::add_certs(app);
  otter::cli::add_sim(app);
  otter::cli::add_rehearse(app);
  otter::cli::add_completion(app);
  otter::cli::add_examples(app);
}

// What is wrong with the verbs that were given; empty: nothing. CLI11 says that one is missing, not
// which word is none.
std::string wrong_verb(const CLI::App& app, int argc, char** argv) {
  const auto all = [](const CLI::App*) { return true; };
  const CLI::App* at = &app;
  std::string verbs = "otter";
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const std::vector<const CLI::App*> known = at->get_subcommands(all);
    if (known.empty() || word.starts_with('-')) return "";
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&](const CLI::App* verb) { return verb->get_name() == word; });
    if (found == known.end()) {
      return "no verb \"" + otter::cli::printable(word) + "\": " + verbs + " --help lists them";
    }
    at = *found;
    verbs += " " + word;
  }
  return "";
}

// CLI11 says what is missing, not to which verb.
std::string usage_text(const CLI::App* app, const CLI::Error& error) {
  std::string verbs = app->get_name();
  for (const CLI::App* at = app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    verbs += " " + at->get_name();
  }
  return verbs + ": " + otter::cli::printable(error.what()) + " (" + verbs + " --help)\n";
}

// What was asked for must not be cut off in silence, as by a full disk: there may be a key in it.
int after_output(int exit_code) {
  if (std::cout.flush()) return exit_code;
  std::cerr << "otter: standard output can't be written: what was printed is not whole\n";
  return exit_code == 0 ? kFailed : exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Otter: over-the-air updates for ESP32 fleets", "otter");
  app.require_subcommand(1);
  app.set_version_flag("--version", "otter " OTTER_VERSION);
  app.failure_message(usage_text);
  add_verbs(app);
  const std::string wrong = wrong_verb(app, argc, argv);
  if (!wrong.empty()) {
    std::cerr << "otter: " << wrong << std::endl;
    return kUsage;
  }
  try {
    app.parse(argc, argv);
    return after_output(0);
  } catch (const CLI::RuntimeError& error) {
    return after_output(error.get_exit_code());
  } catch (const CLI::ParseError& error) {
    // --help and --version end this way too, with 0.
    return app.exit(error) == 0 ? 0 : kUsage;
  } catch (const std::exception& error) {
    std::cerr << "otter: " << error.what() << std::endl;
    return kFailed;
  }
}
