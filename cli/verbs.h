// The verbs of the program `otter`, one file each. Each function adds its verb, with options and
// callback, to the command line; a callback throws std::exception with one clear line. Main thread.
#pragma once

namespace CLI {
class App;
}

namespace otter::cli {

void add_serve(CLI::App& app);
void add_backup(CLI::App& app);
void add_fsck(CLI::App& app);
void add_doctor(CLI::App& app);
void add_init(CLI::App& app);
void add_top(CLI::App& app);
void add_product(CLI::App& app);
void add_release(CLI::App& app);
void add_approve(CLI::App& app);
void add_rollout(CLI::App& app);
void add_experiment(CLI::App& app);
void add_explain(CLI::App& app);
void add_device(CLI::App& app);
void add_group(CLI::App& app);
void add_config(CLI::App& app);
void add_account(CLI::App& app);
void add_token(CLI::App& app);
void add_audit(CLI::App& app);

void add_delta(CLI::App& app);
void add_image(CLI::App& app);
void add_keys(CLI::App& app);
void add_sign(CLI::App& app);
void add_publish(CLI::App& app);
void add_certs(CLI::App& app);
void add_sim(CLI::App& app);
void add_rehearse(CLI::App& app);
void add_completion(CLI::App& app);

}  // namespace otter::cli
