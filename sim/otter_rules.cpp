// Updates by Otter: BootControl itself, called in the engine's order.
#include <optional>

#include "ota/board.h"
#include "ota/boot_control.h"
#include "sim/update_rules.h"

namespace otter::sim {
namespace {

class OtterRules : public UpdateRules {
 public:
  explicit OtterRules(const BenchLayout& layout) : layout_(layout) {}

  std::vector<Move> moves(const UpdateState& state) const override {
    if (is_on_trial(state)) return trial_moves(state);
    if (state.trial != kNoTrial) return returned_moves(state);
    std::vector<Move> out = {
        {"good update", [this](Play& play) { update(play, Content::good); }},
        {"bad update", [this](Play& play) { update(play, Content::bad); }},
        {"download cut short", [this](Play& play) { download(play, Content::nothing); }},
        {"good download", [this](Play& play) { download(play, Content::good); }},
        {"bad download", [this](Play& play) { download(play, Content::bad); }}};
    // By the server's command, or because the confirmed image keeps crashing.
    if (is_in_slot(state) && fallback_of(state)) {
      out.push_back({"rollback", [this](Play& play) { go_back(play); }});
    }
    return out;
  }

  void start(Play& play) const override {
    UpdateState& state = play.state;
    if (state.fallback != kNoTrial) return settle_fallback(play);
    if (!is_in_slot(state)) return;
    if (state.trial == state.running && active_state(state) == OtaState::valid) {
      state.trial = kNoTrial;  // the power failed between otadata and the journal
    }
    if (is_on_trial(state)) {
      if (!fallback_of(state)) destroy_others(play);
      return;
    }
    if (state.trial != kNoTrial || is_sound(state)) return;
    destroy_others(play);
    prepare(play);
  }

 private:
  static bool is_in_slot(const UpdateState& state) { return state.running >= 0; }
  static uint8_t running_slot(const UpdateState& state) {
    return static_cast<uint8_t>(state.running);
  }

  // Updater::target_slot()
  uint8_t target_of(const UpdateState& state) const {
    if (!is_in_slot(state)) return 0;
    return static_cast<uint8_t>((state.running + 1) % layout_.slot_count);
  }

  OtaState active_state(const UpdateState& state) const {
    const int active = state.otadata.active();
    if (!is_in_slot(state) || active < 0) return OtaState::undefined;
    const OtadataEntry& entry = state.otadata.entries[active];
    const bool names = otadata_slot(entry.sequence, layout_.slot_count) == state.running;
    return names ? entry.state : OtaState::undefined;
  }

  bool is_on_trial(const UpdateState& state) const {
    return is_in_slot(state) &&
           (state.trial == state.running || active_state(state) == OtaState::pending_verify);
  }

  bool is_sound(const UpdateState& state) const {
    if (!is_in_slot(state)) return true;
    return BootControl::is_sound(state.otadata, running_slot(state), layout_.slot_count);
  }

  // Nothing if there is none, or what lies there does not verify.
  std::optional<uint8_t> fallback_of(const UpdateState& state) const {
    const Result<uint8_t> found =
        BootControl::fallback_of(state.otadata, running_slot(state), layout_.slot_count);
    if (!found.ok() || state.slots[found.value] == Content::nothing) return std::nullopt;
    return found.value;
  }

  BootControl control(Play& play) const {
    return BootControl(play.bench.otadata(), layout_.slot_count);
  }

  // Nothing that has not proved itself is left to boot.
  void destroy_others(Play& play) const {
    for (int slot = 0; slot < layout_.slot_count; ++slot) {
      if (slot != play.state.running) play.destroy(slot);
    }
  }

  // Makes sure that otadata leads to what runs, whatever becomes of the other slot.
  void prepare(Play& play) const {
    if (!play.has_power()) return;
    BootControl boot = control(play);
    const bool in_slot = is_in_slot(play.state);
    // It fails with the power only, and then nothing else happens either.
    static_cast<void>(in_slot ? boot.repair(running_slot(play.state)) : boot.choose_factory());
    if (in_slot && play.has_power()) static_cast<void>(boot.forget(target_of(play.state)));
  }

  // Updater::prepare_slot() and what follows it. The journal first: it forgets what was staged.
  void download(Play& play, Content content) const {
    const uint8_t target = target_of(play.state);
    play.state.trial = kNoTrial;
    play.destroy(target);
    prepare(play);
    play.write(target, content);
  }

  void update(Play& play, Content content) const {
    download(play, content);
    if (play.has_power()) stage(play, target_of(play.state));
  }

  // Updater::step_staged()
  void stage(Play& play, uint8_t target) const {
    play.state.trial = target;
    static_cast<void>(control(play).stage(target));
  }

  std::vector<Move> trial_moves(const UpdateState& state) const {
    std::vector<Move> out = {{"confirm", [this](Play& play) { confirm(play); }}};
    if (fallback_of(state)) {
      out.push_back({"failed self-test", [this](Play& play) { revert(play); }});
    }
    return out;
  }

  void confirm(Play& play) const {
    const Error error = control(play).confirm(running_slot(play.state));
    if (error == Error::ok) play.state.trial = kNoTrial;
  }

  // Updater::roll_back(): the journal first, with the outcome; the trial stays in it until the
  // boot.
  void revert(Play& play) const {
    const std::optional<uint8_t> fallback = fallback_of(play.state);
    play.wants_restart = fallback && control(play).revert(*fallback) == Error::ok;
  }

  // Updater::fall_back(): the journal first, then as from a trial.
  void go_back(Play& play) const {
    play.state.fallback = fallback_of(play.state).value_or(kNoSlot);
    play.wants_restart =
        control(play).revert(static_cast<uint8_t>(play.state.fallback)) == Error::ok;
  }

  // Updater::settle_fallback(): it runs, or the way there was cut off and is taken once more.
  void settle_fallback(Play& play) const {
    UpdateState& state = play.state;
    if (state.running == state.fallback) {
      state.fallback = kNoTrial;
      return;
    }
    play.wants_restart = control(play).revert(static_cast<uint8_t>(state.fallback)) == Error::ok;
  }

  // Updater::return_from_trial()
  std::vector<Move> returned_moves(const UpdateState& state) const {
    const auto conclude = [](Play& play) { play.state.trial = kNoTrial; };
    std::vector<Move> out = {{"trial concluded", conclude}};
    const bool has_image = state.slots[static_cast<size_t>(state.trial)] != Content::nothing;
    if (is_in_slot(state) && is_sound(state) && has_image) {
      const auto retry = [this](Play& play) {
        stage(play, static_cast<uint8_t>(play.state.trial));
        play.wants_restart = true;
      };
      out.push_back({"another attempt", retry});
    }
    return out;
  }

  BenchLayout layout_;
};

}  // namespace

std::unique_ptr<UpdateRules> make_otter_rules(const BenchLayout& layout) {
  return std::make_unique<OtterRules>(layout);
}

}  // namespace otter::sim
