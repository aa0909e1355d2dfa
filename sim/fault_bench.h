// One board and its server for a named fault: the real engine, real crypto, virtual time. What it
// gives is taken from flash and from what the server was told. docs/simulator.md. One thread at a
// time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "publish/host_crypto.h"
#include "sim/fixed_key.h"
#include "sim/hostile_http.h"
#include "sim/memory_settings.h"
#include "sim/scripted_server.h"
#include "sim/virtual_device.h"

namespace otter::sim {

constexpr uint64_t kFaultTime = 3 * 24 * 3600 * 1000ull;  // [ms] that anything may take

struct BenchOptions {
  bool plain = false;
  std::string hmac_secret = "the product's secret";
  std::string api_key = "otk_of_the_product";
  std::optional<HostileFault> network = std::nullopt;
  // How the board reaches its server, if not in memory.
  std::function<std::unique_ptr<Http>()> connect = {};
};

struct ReleaseRecipe {
  std::string version = "1.0.1";
  std::string behaviour = "healthy";
  uint64_t sequence = 1;
  uint32_t security_version = 0;
  std::string key = "release";  // name of a FixedKey; the board knows "release"
};
ServedRelease make_release(const ReleaseRecipe& recipe);

// What the server was told of a release.
struct ToldOutcome {
  std::string phase;
  std::string error;
  std::string version;
};

// HostCrypto that is out of memory once.
class StarvedCrypto : public HostCrypto {
 public:
  Error sha256_finish(HashLane lane, Digest* out) override;

  std::function<bool()> counts;    // whether this use is one of the engine's; empty: none is
  uint64_t uses = 0;               // of the engine, so far
  uint64_t fails_at = UINT64_MAX;  // the use that fails
};

class FaultBench {
 public:
  // A board with version 1.0.0 and a server without a release.
  explicit FaultBench(const BenchOptions& options = BenchOptions());

  // Lets time pass until `done`; false if it is not done in time. A board that lost its power gets
  // it back.
  bool run(const std::function<bool()>& done, uint64_t for_ms = kFaultTime);
  void rest(uint64_t for_ms);
  // Offers a release and runs until the server was told of it, `for_ms` at most.
  bool run_to_report(const ServedRelease& release, uint64_t for_ms = kFaultTime);
  // Until the server was told that `version` is confirmed, and it runs.
  bool run_to_confirmed(const std::string& version);

  std::string running_version();            // as the running slot's image says
  bool runs(const ServedRelease& release);  // byte for byte
  std::vector<ToldOutcome> told() const;
  ToldOutcome last_told() const;  // empty members: nothing was told
  bool was_told(const std::string& version, const std::string& phase) const;
  uint64_t erases_of_second_slot() const;  // of its first sector
  // "runs 1.0.0; told: 1.0.1 failed (bad_hash); 0 bytes of images sent"
  std::string summary();
  bool logged(const std::string& part) const { return log.find(part) != std::string::npos; }
  // Clears a bit of the second slot's image, at `offset` [bytes].
  void spoil_second_slot(uint32_t offset);

  NorFlash flash{4 * kMebibyte};
  VirtualClock clock;
  ScriptedServer server{"thermostat", Digest()};
  HostileNetwork network;
  Error ready = Error::ok;  // what the pre-flight check says
  StarvedCrypto crypto;
  uint32_t power_losses = 0;
  std::string log;

 private:
  uint32_t slot_offset(int index) const;

  BenchOptions options_;
  PartitionTable table_ = default_partitions(4 * kMebibyte);
  FixedKey key_{"release"};
  MemorySettings settings_;
  VirtualDeviceConfig config_;
  std::unique_ptr<VirtualDevice> device_;
};

}  // namespace otter::sim
