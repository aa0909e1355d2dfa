#include "sim/fault_play.h"

#include <algorithm>

namespace otter::sim {

bool FaultResult::passed() const {
  const auto holds = [](const FaultStep& step) { return step.passed; };
  return !steps.empty() && std::all_of(steps.begin(), steps.end(), holds);
}

const std::vector<NamedFault>& named_faults() {
  static const std::vector<NamedFault> faults = {
      {"corrupt", "an image that is damaged on its way", play_corrupt},
      {"hash", "an image that changes in flash before it is checked", play_hash},
      {"hmac", "a wrong HMAC secret in plain mode", play_hmac},
      {"signature", "releases that the publisher's key did not sign", play_signature},
      {"network", "a server that is away, and a connection that drops", play_network},
      {"timeout", "a server that stops in the middle of an answer", play_timeout},
      {"auth", "a wrong API key", play_auth},
      {"memory", "not enough memory, before and in an update", play_memory},
      {"power", "power cuts all over an update", play_power},
      {"rollback", "firmware that crashes, hangs, fails its self-test or finds no network",
       play_rollback},
      {"downgrade", "older versions, old sequences and lower security versions", play_downgrade},
  };
  return faults;
}

}  // namespace otter::sim
