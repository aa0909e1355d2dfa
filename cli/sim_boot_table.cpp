// `otter sim boot-table`: boots each line of standard input; for tools/compare_bootloader.py, not
// for people.
#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "cli/sim_verbs.h"
#include "sim/boot_table.h"

namespace otter::cli {
namespace {

void run_boot_table() {
  std::ios::sync_with_stdio(false);
  sim::BootTable table;
  for (std::string line; std::getline(std::cin, line);) std::cout << table.boot_line(line) << '\n';
}

}  // namespace

void add_sim_boot_table(CLI::App& sim) {
  CLI::App* verb = sim.add_subcommand("boot-table", "Boot each state line of standard input");
  verb->group("");  // hidden
  verb->callback(run_boot_table);
}

}  // namespace otter::cli
