// Updates by ESP-IDF's own functions.
#include "sim/update_rules.h"
#include "sim/vendor_ota.h"

namespace otter::sim {
namespace {

class VendorRules : public UpdateRules {
 public:
  VendorRules(IdfVersion idf, const BenchLayout& layout)
      : layout_(layout), setup_{behaviour_of(idf), true, layout.has_factory, layout.slot_count} {}

  std::vector<Move> moves(const UpdateState& state) const override {
    std::vector<Move> out = {
        {"good update", [this](Play& play) { update(play, Content::good); }},
        {"bad update", [this](Play& play) { update(play, Content::bad); }},
        {"download cut short", [this](Play& play) { download(play, Content::nothing); }},
        {"mark_valid", [this](Play& play) { ota(play).mark_valid(); }},
        {"mark_invalid and restart",
         [this](Play& play) { play.wants_restart = ota(play).mark_invalid() == VendorError::ok; }}};
    if (setup_.idf.can_invalidate_without_restart) {
      out.push_back({"mark_invalid", [this](Play& play) { ota(play).mark_invalid(); }});
    }
    add_set_boot(state, &out);
    return out;
  }

  void start(Play&) const override {}

 private:
  VendorOta ota(Play& play) const {
    BootBench& bench = play.bench;
    return VendorOta(bench.otadata(), setup_, [&bench](int i) { return bench.has_image(i); });
  }

  // Returns the slot that was written; nothing if esp_ota_begin() refused or the power failed. It
  // erases the slot before it looks at otadata.
  std::optional<int> download(Play& play, Content content) const {
    VendorOta vendor = ota(play);
    const int running = play.state.running;
    const int target = vendor.next_update_slot(running);
    if (target == running || vendor.state_of(running) == OtaState::pending_verify) {
      return std::nullopt;
    }
    play.destroy(target);
    if (!play.has_power() || vendor.begin(running, target) != VendorError::ok) return std::nullopt;
    play.write(target, content);
    return play.has_power() ? std::optional<int>(target) : std::nullopt;
  }

  void update(Play& play, Content content) const {
    const std::optional<int> target = download(play, content);
    if (target) ota(play).set_boot(*target);
  }

  void add_set_boot(const UpdateState& state, std::vector<Move>* out) const {
    for (int index = kFactoryIndex; index < layout_.slot_count; ++index) {
      if (index == kFactoryIndex && !layout_.has_factory) continue;
      const char* which = index == state.running ? "set_boot(running)" : "set_boot(other)";
      if (index == kFactoryIndex) which = "set_boot(factory)";
      out->push_back({which, [this, index](Play& play) { ota(play).set_boot(index); }});
    }
  }

  BenchLayout layout_;
  VendorSetup setup_;
};

}  // namespace

std::unique_ptr<UpdateRules> make_vendor_rules(IdfVersion idf, const BenchLayout& layout) {
  return std::make_unique<VendorRules>(idf, layout);
}

}  // namespace otter::sim
