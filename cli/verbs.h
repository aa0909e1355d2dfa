<<<<<<< HEAD
// The verbs of the program `otter`, one file each. Each function adds its verb, with options and
// callback, to the command line; a callback throws std::exception with one clear line. Main thread.
=======
// The verbs of `otter`, one file each. Main thread.
>>>>>>> server-http
#pragma once

namespace CLI {
class App;
}

namespace otter::cli {

<<<<<<< HEAD
void add_serve(CLI::App& app);
void add_init(CLI::App& app);
void add_product(CLI::App& app);
void add_release(CLI::App& app);
void add_device(CLI::App& app);

void add_image(CLI::App& app);
void add_keys(CLI::App& app);
void add_sign(CLI::App& app);
void add_publish(CLI::App& app);
void add_certs(CLI::App& app);
void add_sim(CLI::App& app);
=======
// Each adds its verb to `app`. What a verb does may throw; main() tells it.
void add_certs(CLI::App& app);
>>>>>>> server-http

}  // namespace otter::cli
