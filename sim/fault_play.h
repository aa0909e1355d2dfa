// The faults that people ask for by name, each played on a board and a server in virtual time: what
// was done, what had to happen, what happened. docs/simulator.md. Pure, any thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace otter::sim {

struct FaultStep {
  std::string done;
  std::string expected;
  std::string happened;
  bool passed = false;
};

struct FaultResult {
  std::vector<FaultStep> steps;
  std::string log;  // the boards' own, whole

  bool passed() const;
};

struct NamedFault {
  const char* name;
  const char* what;  // one line for the menu
  std::function<FaultResult()> play;
};

// In the order of the menu. The fault `cert` needs a real server: cli/sim_fault_cert.cpp.
const std::vector<NamedFault>& named_faults();

// The faults that named_faults() is made of.
FaultResult play_corrupt();
FaultResult play_hash();
FaultResult play_hmac();
FaultResult play_signature();
FaultResult play_network();
FaultResult play_timeout();
FaultResult play_auth();
FaultResult play_memory();
FaultResult play_power();
FaultResult play_rollback();
FaultResult play_downgrade();

}  // namespace otter::sim
