// `otter sim fault`: plays faults by name, and says what came of them.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/answer.h"
#include "cli/files.h"
#include "cli/sim_fault_cert.h"
#include "cli/sim_verbs.h"

namespace otter::cli {
namespace {

namespace json = boost::json;
using sim::FaultResult;
using sim::FaultStep;
using sim::NamedFault;

struct FaultFlags {
  std::vector<std::string> names;
  std::string log_dir = "logs";
  bool json = false;
};

std::vector<NamedFault> all_faults() {
  std::vector<NamedFault> faults = sim::named_faults();
  faults.push_back(
      {"cert", "a server with a certificate that the board does not trust", play_cert});
  return faults;
}

std::vector<std::string> choices() {
  std::vector<std::string> names;
  for (const NamedFault& fault : all_faults()) names.push_back(fault.name);
  names.push_back("all");
  return names;
}

bool is_chosen(const FaultFlags& flags, const std::string& name) {
  const auto has = [&flags](const std::string& wanted) {
    return std::find(flags.names.begin(), flags.names.end(), wanted) != flags.names.end();
  };
  return has(name) || has("all");
}

void print_text(const NamedFault& fault, const FaultResult& result, const std::string& log) {
  std::cout << fault.name << ": " << fault.what << '\n';
  for (const FaultStep& step : result.steps) {
    std::cout << "  done:     " << step.done << "\n  expected: " << step.expected
              << "\n  happened: " << step.happened << (step.passed ? "" : "  <- FAIL") << '\n';
  }
  std::cout << (result.passed() ? "  PASS" : "  FAIL") << "      log: " << log << '\n'
            << std::flush;
}

void print_object(const NamedFault& fault, const FaultResult& result, const std::string& log) {
  json::array steps;
  for (const FaultStep& step : result.steps) {
    steps.push_back({{"done", step.done},
                     {"expected", step.expected},
                     {"happened", step.happened},
                     {"passed", step.passed}});
  }
  print_json(json::object{{"fault", fault.name},
                          {"passed", result.passed()},
                          {"steps", std::move(steps)},
                          {"log", log}});
}

void make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw std::runtime_error(path + ": can't make this folder: " + error.message());
}

void run(const FaultFlags& flags) {
  make_folder(flags.log_dir);
  bool passed = true;
  for (const NamedFault& fault : all_faults()) {
    if (!is_chosen(flags, fault.name)) continue;
    const FaultResult result = fault.play();
    const std::string log = flags.log_dir + "/fault-" + fault.name + ".log";
    write_file(log, as_bytes(Text(result.log)));
    if (flags.json) {
      print_object(fault, result, log);
    } else {
      print_text(fault, result, log);
    }
    passed = passed && result.passed();
  }
  if (!passed) throw CLI::RuntimeError(1);
}

}  // namespace

void add_sim_fault(CLI::App& sim) {
  CLI::App* verb = sim.add_subcommand(
      "fault", "Play faults by name; exit code 1 if a board does not do what it has to");
  auto flags = std::make_shared<FaultFlags>();
  std::string list = "which faults:";
  for (const std::string& name : choices()) list += " " + name;
  verb->add_option("name", flags->names, list)->required()->check(CLI::IsMember(choices()));
  verb->add_flag("--json", flags->json, "print one line of JSON for each fault");
  verb->add_option("--log-dir", flags->log_dir, "folder for the boards' whole logs")
      ->capture_default_str();
  verb->callback([flags] { run(*flags); });
}

}  // namespace otter::cli
