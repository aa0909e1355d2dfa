// What a test does with the engine, on a tape beside what the engine does with its ports, and a
// player that does it again. No heap and C headers alone. One thread.
#pragma once

#include "device/test/taped_ports.h"
#include "ota/updater.h"

namespace otter {

enum class EngineAct : uint8_t { end, boot, begin, step, check_now };

// Takes an act and its time over the tape.
inline void pass_act(Tape& tape, EngineAct* act, uint64_t* now_ms) {
  tape.got_value(act);
  tape.got_value(now_ms);
}

// Takes over the tape what the tests of the engine set in a config; the rest stays as it is made. A
// played config has views into the tape. `key`: where release_keys is to point to.
inline void pass_config(Tape& tape, UpdaterConfig* config, ReleaseKey* key) {
  tape.got_value(&config->mode);
  config->device_id = tape.kept(config->device_id);
  config->product = tape.kept(config->product);
  config->api_key = tape.kept(config->api_key);
  config->hmac_secret = tape.kept(config->hmac_secret);
  config->root = tape.kept(config->root);
  tape.got_value(&config->check_interval_s);
  tape.got(key->id);
  tape.got(key->point);
  config->release_keys = key;
  config->release_key_count = 1;
}

// Plays a whole tape. `workspace` as for Updater.
class EnginePlayer {
 public:
  EnginePlayer(PlayedTape& tape, MutableBytes workspace)
      : tape_(tape), ports_(tape, nullptr), workspace_(workspace) {}

  // True if the engine did all that is on the tape and nothing else. It is left where it does not:
  // an engine whose ports no longer answer is not worth being watched.
  bool play() {
    tape_.on_difference = &difference_;
    return setjmp(difference_) == 0 && play_all();
  }
  uint64_t acts() const { return acts_; }

 private:
  struct Engine {
    static void* operator new(size_t, void* memory) { return memory; }
    static void operator delete(void*) {}
    Updater updater;
  };

  bool play_all() {
    for (;; ++acts_) {
      EngineAct act = EngineAct::end;
      pass_act(tape_, &act, &now_ms_);
      if (act == EngineAct::end) return tape_.is_at_end();
      if (act == EngineAct::boot) {
        boot();
      } else {
        play(act);
      }
    }
  }
  void boot() {
    config_ = UpdaterConfig();
    pass_config(tape_, &config_, &key_);
    engine_ = new (memory_) Engine{Updater(config_, ports_.ports(), workspace_)};
  }
  void play(EngineAct act) {
    switch (act) {
      case EngineAct::begin:
        return tape_.given(static_cast<uint64_t>(engine_->updater.begin(now_ms_)));
      case EngineAct::step:
        return tape_.given(engine_->updater.step(now_ms_));
      default:
        return engine_->updater.check_now();
    }
  }

  PlayedTape& tape_;
  TapedPorts ports_;
  MutableBytes workspace_;
  jmp_buf difference_;
  UpdaterConfig config_;
  ReleaseKey key_{};
  alignas(Engine) uint8_t memory_[sizeof(Engine)];
  Engine* engine_ = nullptr;
  uint64_t now_ms_ = 0;
  uint64_t acts_ = 0;
};

}  // namespace otter
