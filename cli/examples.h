// An example of each verb: what its --help and the man page end with. Constant, main thread.
#pragma once

namespace CLI {
class App;
}

namespace otter::cli {

// Puts an example behind the help of each verb that has none of its own.
//
// REQUIRES: all verbs have been added
void add_examples(CLI::App& app);

}  // namespace otter::cli
