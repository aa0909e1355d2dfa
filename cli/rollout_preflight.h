// `otter rollout start --dry-run`: which devices can't take a release. Main thread.
#pragma once

#include <string>

namespace otter::cli {

struct PreflightOptions {
  std::string product;
  std::string version;
  std::string group;  // a group's name, or a filter; empty: all of the product
  bool json = false;
};

// Asks the server of the profile `config`. Errors: std::runtime_error
void print_preflight(const std::string& config, const PreflightOptions& options);

}  // namespace otter::cli
