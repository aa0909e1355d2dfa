// `otter sim fleet --server`: many virtual boards with real sockets. Main thread.
#pragma once

#include "cli/board_options.h"

namespace otter::cli {

struct CrowdOptions {
  BoardOptions board;
  uint32_t devices = 0;
  uint64_t seed = 1;
  double loss = 0, duplication = 0;  // [0, 1]
  std::string prefix = "board-";     // of the device ids
  std::string log_path, result_path;
  uint32_t threads = 32;
  bool json = false;
};

void add_crowd_options(CLI::App& verb, CrowdOptions& options);

// Runs until SIGTERM, SIGINT, or --run-for is over. Throws SimError.
void run_crowd(const CrowdOptions& options);

}  // namespace otter::cli
