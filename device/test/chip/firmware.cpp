// The least firmware with all of the engine in it: what the linker keeps of the core for it is what
// the core costs. Its ports are nowhere: it is linked to be measured, and never runs.
#include "ota/updater.h"

namespace otter {

extern const UpdaterConfig config;
extern const UpdaterPorts ports;
extern uint8_t workspace[kWorkspaceSize];
uint64_t milliseconds();

}  // namespace otter

int main() {
  static otter::Updater updater(otter::config, otter::ports, otter::workspace);
  if (updater.begin(otter::milliseconds()) != otter::Error::ok) return 1;
  while (!updater.in_safe_mode() && !updater.is_stale()) updater.step(otter::milliseconds());
  updater.check_now();
  return 0;
}
