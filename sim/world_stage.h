// What a simulated world begins with and never changes: the board as it left the factory, the
// releases that its server has, and what has to come of them. docs/simulator.md. Any thread, once
// it is made.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "publish/image_maker.h"
#include "sim/idf_behaviour.h"
#include "sim/stage_documents.h"
#include "sim/vendor_ota.h"
#include "sim/virtual_device.h"

namespace otter::sim {

enum class Scenario : uint8_t {
  full,            // one update, downloaded whole, from a mirror, and confirmed
  retries,         // a block is served wrong once, and the connection drops in each download
  confirm,         // something else has staged the release: it is tried, confirmed and adopted
  rollback,        // the release crashes
  old_bootloader,  // the same, and the bootloader knows no rollback
  command,         // the release is confirmed, and the server commands a rollback
  config,          // a configuration by itself, then the release with another one
  bad_config,      // the same, but the application refuses the other one
  keys,            // root metadata, trust payload and device key change, then the release
  patch,           // the release comes by a patch, which is kept in the slot's tail
  compressed,      // it comes compressed, as it is received: the slot has no room for that
};
constexpr Scenario kScenarios[] = {Scenario::full,     Scenario::retries,        Scenario::confirm,
                                   Scenario::rollback, Scenario::old_bootloader, Scenario::command,
                                   Scenario::config,   Scenario::bad_config,     Scenario::keys,
                                   Scenario::patch,    Scenario::compressed};
const char* name(Scenario scenario);
std::optional<Scenario> scenario_named(const std::string& text);

// What ESP-IDF's own functions did with the board before this library came onto it.
enum class Past : uint8_t {
  fresh,        // nothing: as it was flashed; with a factory partition it runs from that
  updated,      // two updates, each confirmed
  interrupted,  // then a third was begun, and the power failed
  rechosen,     // then the slot that runs was chosen once more, as if it were new
};
constexpr Past kPasts[] = {Past::fresh, Past::updated, Past::interrupted, Past::rechosen};
const char* name(Past past);
std::optional<Past> past_named(const std::string& text);

std::optional<IdfVersion> idf_named(const std::string& text);

struct StageOptions {
  Scenario scenario = Scenario::full;
  Past past = Past::updated;
  IdfVersion idf = IdfVersion::v5_1;  // whose functions they were
  bool factory = false;               // the board has a factory partition
  bool encrypted = false;             // and flash encryption
  bool forgetful = false;             // its flash lies: a violation to look at
};
// " --scenario full --past updated --idf 5.1 --factory": as options.
std::string text_of(const StageOptions& options);

constexpr uint8_t kSubtypeNvs = 2;  // ESP_PARTITION_SUBTYPE_DATA_NVS

// What the device must have told its server in the end.
struct WantedFacts {
  uint32_t root_version = 0;
  uint32_t trust_version = 0;
  uint32_t config_version = 0;
  uint32_t key_epoch = 1;

  bool operator==(const WantedFacts&) const = default;
};

// An image that may run on this board, by the publisher's will.
struct KnownImage {
  std::string version;
  uint32_t epoch = 1;  // of the release keys that the sequence belongs to
  uint64_t sequence = 0;
  uint32_t security_version = 0;
  std::vector<uint8_t> bytes;
};

class Stage {
 public:
  explicit Stage(const StageOptions& options);

  const StageOptions& options() const { return options_; }
  const PartitionTable& table() const { return table_; }
  const std::vector<KnownImage>& images() const { return images_; }
  // [0]: what the scenario is about; [1]: the further update, to prove that there can be one.
  const std::vector<ServedRelease>& releases() const { return releases_; }
  // What may be in force, in the order of versions.
  const std::vector<KnownDocument>& configurations() const { return configurations_; }
  // The server while it offers that release (nothing: none), before it has answered anything.
  const ScriptedServer& server(std::optional<size_t> offered) const {
    return servers_[offered ? *offered + 1 : 0];
  }
  // Its certificate changes while the device has no power.
  TlsIdentity identity(std::optional<size_t> offered, uint32_t life) const;
  // `confirmed`: that release was.
  WantedFacts wanted_facts(std::optional<size_t> offered, bool confirmed) const;
  const VirtualDeviceConfig& config() const { return config_; }
  // The board as it left the factory.
  const NorFlash& factory_state() const { return flash_; }
  // What no log line and no foreign host may see.
  const std::vector<std::string>& secrets() const { return secrets_; }

  // The end that the scenario must come to, if the power fails so seldom that no trial is given up.
  Phase expected_phase() const {
    const bool goes_back = crashes() || options_.scenario == Scenario::command ||
                           options_.scenario == Scenario::bad_config;
    return goes_back ? Phase::rolled_back : Phase::confirmed;
  }
  const Partition& partition(uint8_t type, uint8_t subtype) const {
    return *table_.find(type, subtype);
  }
  // The partition of slot `index` (kFactoryIndex: factory).
  const Partition& slot(int index) const;

 private:
  bool crashes() const {
    return options_.scenario == Scenario::rollback || options_.scenario == Scenario::old_bootloader;
  }
  bool rotates_keys() const { return options_.scenario == Scenario::keys; }
  bool takes_patches() const {
    return options_.scenario == Scenario::patch || options_.scenario == Scenario::compressed;
  }
  uint32_t image_size() const;
  void add_patch(ScriptedServer& server, size_t release) const;
  const FixedKey& key_of(const KnownImage& image) const;
  void make_table();
  void make_documents();
  void make_images();
  ImageRecipe recipe_of(const KnownImage& image) const;
  ServedRelease release_of(const KnownImage& image) const;
  void make_flash();
  void encrypt_erased();
  void play_past(VendorOta& vendor);
  void stage_by_other_means(VendorOta& vendor);
  void make_config();
  void add_secrets(uint32_t epoch);
  void make_servers();
  void make_key_servers(ScriptedServer server);

  StageOptions options_;
  FixedKey key_{"release"};
  PartitionTable table_;
  std::vector<KnownDocument> configurations_;
  std::vector<KnownImage> images_;
  std::vector<ServedRelease> releases_;
  VirtualDeviceConfig config_;
  std::vector<ScriptedServer> servers_;
  NorFlash flash_{4 * kMebibyte};
  std::vector<std::string> secrets_;
};

}  // namespace otter::sim
