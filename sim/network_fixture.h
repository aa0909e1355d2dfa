// What tests of updates over a hostile network share: a board as the exhaust campaign's stages make
// it, a scripted server, and the network between them. Time is virtual.
#pragma once

#include <gtest/gtest.h>

#include "sim/checker.h"
#include "sim/hostile_http.h"
#include "sim/memory_settings.h"
#include "sim/world.h"

namespace otter::sim {

constexpr uint64_t kOneDay = 24 * 3600 * 1000;  // [ms]

class NetworkWorld : public FlashFault {
 public:
  explicit NetworkWorld(const Stage& stage_in, std::optional<HostileFault> fault = std::nullopt)
      : stage(stage_in), flash(stage_in.factory_state().fork()), network(clock, fault) {
    flash.set_fault(this);
    server.offer(stage.releases()[0]);
    device.emplace(stage.config(),
                   VirtualDevicePorts{flash, crypto, settings, [this] { return connect(); },
                                      [this](LogLevel, const std::string& line) { note(line); }});
  }

  // Lets virtual time pass until the release is confirmed; false if it never is.
  bool arrives(uint64_t for_ms = kOneDay) {
    while (clock.now_ms() < for_ms && !is_confirmed()) {
      const uint64_t wake_ms = device->step(clock.now_ms());
      if (wake_ms == kNever) return false;
      clock.reach(wake_ms);
    }
    return is_confirmed();
  }
  bool is_confirmed() const {
    const std::optional<Delivered>& told = device->delivered();
    return told && told->phase == Phase::confirmed && device->running_index() == 1;
  }
  bool holds_the_release() const {
    std::vector<uint8_t> held(stage.releases()[0].image.size());
    return flash.read(stage.slot(1).offset, held) == Error::ok && held == stage.releases()[0].image;
  }

  // I9, at every flash operation.
  FlashDecision decide(const FlashOperation& operation) override {
    find(check_place(operation, stage, device->running_index()));
    return FlashDecision();
  }

  const Stage& stage;
  VirtualClock clock;
  NorFlash flash;
  MemoCrypto crypto{memo(), 1};
  MemorySettings settings;
  ScriptedServer server{"thermostat", Digest()};
  HostileNetwork network;
  std::optional<VirtualDevice> device;
  std::vector<std::string> findings;
  std::string log;

 private:
  static SignatureMemo& memo() {
    static SignatureMemo shared;
    return shared;
  }
  std::unique_ptr<Http> connect() {
    ConnectOptions options;
    options.clock = &clock;
    return network.wrap(server.connect(options));
  }
  void note(const std::string& line) {
    log += line + "\n";
    find(check_log(line, stage.secrets()));
  }
  void find(const Finding& finding) {
    if (finding) findings.push_back(*finding);
  }
};

// A secret is in what hosts other than the update server were sent.
inline bool tells_a_secret(const NetworkWorld& world) {
  for (const std::string& told : world.network.told_elsewhere()) {
    for (const std::string& secret : world.stage.secrets()) {
      if (told.find(secret) != std::string::npos) return true;
    }
  }
  return false;
}

}  // namespace otter::sim
