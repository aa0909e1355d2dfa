// `otter sim`: the simulator from the command line.
#include <CLI/CLI.hpp>

#include "cli/sim_verbs.h"
#include "cli/verbs.h"

namespace otter::cli {

void add_sim(CLI::App& app) {
  CLI::App* sim = app.add_subcommand("sim", "Virtual boards: flash in a file, the real engine");
  sim->require_subcommand(1);
  add_sim_device(*sim);
  add_sim_flash(*sim);
  add_sim_exhaust(*sim);
  add_sim_run(*sim);
  add_sim_update(*sim);
  add_sim_boot_table(*sim);
  add_sim_reachability(*sim);
  add_sim_fault(*sim);
  add_sim_fleet(*sim);
}

}  // namespace otter::cli
