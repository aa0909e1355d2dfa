#include "sim/vendor_hazards.h"

#include "sim/otadata_text.h"

namespace otter::sim {
namespace {

// Its slot was damaged: by a cut download of an earlier version's tool, say.
UpdateState factory_with_a_stale_entry() {
  UpdateState state;
  state.otadata.entries[0] = make_entry(1, OtaState::valid);
  return state;
}

std::vector<VendorHazard> make_hazards() {
  const BenchLayout two_slots = {2, false, false};
  const BenchLayout one_slot_and_factory = {1, true, false};
  const std::vector<std::string> updated = {"good update", "restart", "mark_valid"};
  const auto after_update = [&updated](const std::vector<std::string>& more) {
    std::vector<std::string> out = updated;
    out.insert(out.end(), more.begin(), more.end());
    return out;
  };
  return {
      {"confirmed before the restart", two_slots, {}, {"bad update", "mark_valid", "restart"}},
      {"two updates without a restart",
       two_slots,
       {},
       after_update({"good update", "bad update", "restart"})},
      // https://github.com/ruuvi/ruuvi.gateway_esp.c/issues/1280
      {"a cut download over a staged update",
       two_slots,
       {},
       after_update({"good update", "download cut short", "restart", "bad update", "restart"})},
      {"the running slot set, then a bad update",
       two_slots,
       {},
       after_update({"set_boot(running)", "bad update", "restart", "restart"})},
      {"one slot, whose entry outlived its image",
       one_slot_and_factory,
       factory_with_a_stale_entry(),
       {"bad update", "restart"}},
  };
}

}  // namespace

const std::vector<VendorHazard>& vendor_hazards() {
  static const std::vector<VendorHazard> hazards = make_hazards();
  return hazards;
}

}  // namespace otter::sim
