#include "sim/update_rules.h"

namespace otter::sim {

void Play::destroy(int slot) {
  if (!has_power() || !bench.has_image(slot)) return;
  bench.put_image(slot, false);
}

void Play::write(int slot, Content content) {
  destroy(slot);
  if (!has_power()) return;
  bench.put_image(slot, content != Content::nothing);
  if (has_power()) state.slots[static_cast<size_t>(slot)] = content;
}

}  // namespace otter::sim
