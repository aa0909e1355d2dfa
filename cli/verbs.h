// The verbs of `otter`, one file each. Main thread.
#pragma once

namespace CLI {
class App;
}

namespace otter::cli {

// Each adds its verb to `app`. What a verb does may throw; main() tells it.
void add_certs(CLI::App& app);

}  // namespace otter::cli
