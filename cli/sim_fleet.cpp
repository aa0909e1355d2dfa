// `otter sim fleet`: a modelled fleet in virtual time, to which five releases go out, two of which
// are bad; or, with --server, virtual boards that run the device library, on real sockets.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/answer.h"
#include "cli/fleet_text.h"
#include "cli/sim_crowd.h"
#include "cli/sim_verbs.h"

namespace otter::cli {
namespace {

struct FleetFlags {
  CrowdOptions crowd;  // with a server
  uint32_t devices = 10'000;
  uint32_t days = 28;
  int64_t interval_s = 4 * 3600;
  uint64_t seed = 1;
  double loss = 0.05;
  double duplication = 0.05;
  bool json = false;
};

void run_story(const FleetFlags& flags) {
  sim::FleetPlan plan = sim::five_releases(flags.devices, flags.seed);
  plan.days = flags.days;
  plan.interval_s = flags.interval_s;
  plan.loss = flags.loss;
  plan.duplication = flags.duplication;
  const sim::FleetOutcome outcome = sim::run_fleet(plan);
  if (flags.json) print_json(fleet_json(plan, outcome));
  if (!flags.json) print_fleet(std::cout, plan, outcome);
  for (const std::string& violation : outcome.violations) std::cerr << violation << '\n';
  if (!outcome.is_fine()) throw CLI::RuntimeError(1);
}

void run_boards(const CLI::App& verb, FleetFlags& flags) {
  CrowdOptions& crowd = flags.crowd;
  crowd.devices = verb.count("--devices") > 0 ? flags.devices : 200;
  crowd.seed = flags.seed;
  if (verb.count("--loss") > 0) crowd.loss = flags.loss;
  if (verb.count("--duplication") > 0) crowd.duplication = flags.duplication;
  crowd.json = flags.json;
  run_crowd(crowd);
}

}  // namespace

void add_sim_fleet(CLI::App& sim) {
  CLI::App* verb = sim.add_subcommand(
      "fleet",
      "Roll five releases out to a modelled fleet, two of which are bad, and check;\n"
      "with --server, run many virtual boards against that server until Ctrl-C");
  auto flags = std::make_shared<FleetFlags>();
  verb->add_option("--devices", flags->devices, "boards; 200 with --server")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  CLI::Option* days = verb->add_option("--days", flags->days, "how long")
                          ->check(CLI::Range(1, 365))
                          ->capture_default_str();
  CLI::Option* interval =
      verb->add_option("--interval", flags->interval_s, "seconds between two check-ins of a board")
          ->check(CLI::Range(60, 86'400))
          ->capture_default_str();
  verb->add_option("--seed", flags->seed, "what is left to chance follows from it")
      ->capture_default_str();
  verb->add_option("--loss", flags->loss, "the share of messages that are lost; 0 with --server")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  verb->add_option("--duplication", flags->duplication,
                   "the share that comes twice; 0 with --server")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  verb->add_flag("--json", flags->json, "print JSON");
  CLI::Option_group* boards = verb->add_option_group("Boards with a server");
  add_crowd_options(*boards, flags->crowd);
  CLI::Option* server = verb->get_option("--server");
  for (CLI::Option* option : boards->get_options()) {
    if (option != server) option->needs(server);
  }
  server->excludes(days)->excludes(interval);
  verb->callback([flags, verb, server] {
    if (server->count() > 0) run_boards(*verb, *flags);
    if (server->count() == 0) run_story(*flags);
  });
}

}  // namespace otter::cli
