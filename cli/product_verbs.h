// The verbs below `otter product` that have a file of their own. Main thread.
#pragma once

namespace CLI {
class App;
}

namespace otter::cli {

void add_product_history(CLI::App& product);

}  // namespace otter::cli
