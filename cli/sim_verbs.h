// The verbs below `otter sim`, one file each. Main thread.
#pragma once

namespace CLI {
class App;
}

namespace otter::cli {

void add_sim_device(CLI::App& sim);
void add_sim_flash(CLI::App& sim);
void add_sim_exhaust(CLI::App& sim);
void add_sim_run(CLI::App& sim);
void add_sim_update(CLI::App& sim);
void add_sim_boot_table(CLI::App& sim);
void add_sim_reachability(CLI::App& sim);
void add_sim_fault(CLI::App& sim);
void add_sim_fleet(CLI::App& sim);

}  // namespace otter::cli
