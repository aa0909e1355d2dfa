#include "sim/world_stage.h"

#include <cstring>

#include "publish/base64.h"
#include "publish/host_crypto.h"
#include "publish/partition_csv.h"
#include "sim/sim_error.h"
#include "sim/stage_patches.h"

namespace otter::sim {
namespace {

constexpr ChipId kChip = 0x0005;  // esp32c3
constexpr char kProduct[] = "thermostat";
constexpr char kFirstVersion[] = "1.0.0";  // that the board runs
constexpr char kDevice[] = "board-1";
constexpr char kApiKey[] = "otk_product_key_of_the_simulator";
constexpr char kMirror[] = "https://mirror.example";  // of a host that may not know a secret
constexpr uint32_t kSmallImage = 12 * 1024;           // [bytes]
constexpr uint32_t kTwoBlockImage = 72 * 1024;  // [bytes] one whole block of 64 KiB, one short
constexpr uint32_t kSlotSize = 0x20000;         // [bytes]
constexpr uint32_t kWholeSlotImage = kSlotSize - kSectorSize;  // [bytes]
constexpr uint32_t kPatchMemory = kPatchMemorySizes[0];        // [bytes]
constexpr uint32_t kDropAfter = 66000;     // [bytes] just behind the first block
constexpr uint32_t kWrongByte = 1000;      // [bytes] in the first block
constexpr uint64_t kLastOfFirstEpoch = 7;  // a sequence

Partition row(const char* label, uint8_t type, uint8_t subtype, uint32_t offset, uint32_t size) {
  Partition out;
  out.type = type;
  out.subtype = subtype;
  out.offset = offset;
  out.size_bytes = size;
  std::strncpy(out.label, label, sizeof(out.label) - 1);
  return out;
}

void program(NorFlash& flash, uint32_t offset, Bytes data) {
  if (flash.program(offset, data) != Error::ok) throw SimError("flash: can't write the board");
}

}  // namespace

const char* name(Scenario scenario) {
  constexpr const char* kNames[] = {"full",           "retries", "confirm",   "rollback",
                                    "old-bootloader", "command", "config",    "bad-config",
                                    "keys",           "patch",   "compressed"};
  return kNames[static_cast<size_t>(scenario)];
}

std::optional<Scenario> scenario_named(const std::string& text) {
  for (const Scenario scenario : kScenarios) {
    if (text == name(scenario)) return scenario;
  }
  return std::nullopt;
}

const char* name(Past past) {
  constexpr const char* kNames[] = {"fresh", "updated", "interrupted", "rechosen"};
  return kNames[static_cast<size_t>(past)];
}

std::optional<Past> past_named(const std::string& text) {
  for (const Past past : kPasts) {
    if (text == name(past)) return past;
  }
  return std::nullopt;
}

std::optional<IdfVersion> idf_named(const std::string& text) {
  for (const IdfVersion idf : kIdfVersions) {
    if (text == name(idf)) return idf;
  }
  return std::nullopt;
}

std::string text_of(const StageOptions& options) {
  std::string text = std::string(" --scenario ") + name(options.scenario) + " --past " +
                     name(options.past) + " --idf " + name(options.idf);
  if (options.factory) text += " --factory";
  if (options.encrypted) text += " --encrypted";
  if (options.forgetful) text += " --forgetful-flash";
  return text;
}

Stage::Stage(const StageOptions& options) : options_(options) {
  make_table();
  make_documents();
  make_images();
  make_config();
  make_servers();
  make_flash();
}

void Stage::make_table() {
  const Partition rows[] = {
      row("nvs", kTypeData, kSubtypeNvs, 0x9000, 0x5000),
      row("otadata", kTypeData, kSubtypeDataOta, 0xE000, 0x2000),
      row("otter", kTypeData, kSubtypeOtterJournal, 0x10000, 0x8000),
      row("ota_0", kTypeApp, kSubtypeOta0, 0x40000, kSlotSize),
      row("ota_1", kTypeApp, kSubtypeOta0 + 1, 0x60000, kSlotSize),
  };
  for (const Partition& partition : rows) table_.partitions[table_.count++] = partition;
  if (!options_.factory) return;
  table_.partitions[table_.count++] = row("factory", kTypeApp, kSubtypeFactory, 0x20000, kSlotSize);
}

void Stage::make_documents() {
  if (options_.scenario == Scenario::config) configurations_ = good_configurations();
  if (options_.scenario == Scenario::bad_config) configurations_ = bad_configurations();
}

void Stage::make_images() {
  struct Row {
    const char* version;
    uint64_t sequence;
    uint32_t security_version;
  };
  constexpr Row kRows[] = {
      {"0.9.0", 0, 0}, {kFirstVersion, 0, 0}, {"1.0.1", 1, 1}, {"1.0.2", 2, 1}};
  for (const Row& row : kRows) {
    KnownImage image = {row.version, 1, row.sequence, row.security_version, {}};
    // Nothing goes back below the security floor: not even by command.
    if (options_.scenario == Scenario::command) image.security_version = 0;
    image.bytes = make_image(recipe_of(image));
    if (rotates_keys() && row.sequence > 0) image.epoch = 2;
    if (rotates_keys() && image.version == kFirstVersion) image.sequence = kLastOfFirstEpoch;
    images_.push_back(std::move(image));
    if (row.sequence > 0) releases_.push_back(release_of(images_.back()));
  }
}

uint32_t Stage::image_size() const {
  switch (options_.scenario) {
    case Scenario::retries:
    case Scenario::patch:
      return kTwoBlockImage;
    case Scenario::compressed:
      return kWholeSlotImage;
    default:
      return kSmallImage;
  }
}

ImageRecipe Stage::recipe_of(const KnownImage& image) const {
  ImageRecipe recipe;
  recipe.chip = kChip;
  recipe.product = kProduct;
  recipe.version = image.version;
  recipe.secure_version = image.security_version;
  recipe.size_bytes = image_size();
  if (crashes() && image.sequence == 1) recipe.behaviour = "crash";
  return recipe;
}

const FixedKey& Stage::key_of(const KnownImage& image) const {
  if (!rotates_keys()) return key_;
  const RotatedKeys& keys = rotated_keys();
  return image.epoch == 1 ? keys.first_release_key : keys.next_release_key;
}

ServedRelease Stage::release_of(const KnownImage& image) const {
  ManifestOptions manifest;
  manifest.product = kProduct;
  manifest.version = image.version;
  manifest.sequence = image.sequence;
  manifest.created_s = 1;
  for (const KnownDocument& document : configurations_) {
    if (document.since_sequence == 0 || document.since_sequence != image.sequence) continue;
    return sim::release_of(key_of(image), image.bytes, manifest, document.version, document.text());
  }
  return sim::release_of(key_of(image), image.bytes, manifest);
}

void Stage::make_config() {
  config_.boot.chip = {kChip, 3};
  config_.boot.rollback = options_.scenario != Scenario::old_bootloader;
  UpdaterConfig& updater = config_.updater;
  updater.device_id = kDevice;
  updater.product = kProduct;
  updater.api_key = kApiKey;
  updater.release_keys = &key_.release_key();
  updater.release_key_count = 1;
  if (rotates_keys()) updater.root = rotated_keys().first_root;
  updater.check_interval_s = 60;
  updater.trial_uptime_s = 1;  // short: virtual time costs steps
  updater.stable_uptime_s = 1;
  if (takes_patches()) config_.patch_memory_bytes = kPatchMemory;
  secrets_ = {kApiKey};
  add_secrets(1);
  if (rotates_keys()) add_secrets(2);
}

void Stage::add_secrets(uint32_t epoch) {
  HostCrypto crypto;
  const Digest device = derive_device_key(crypto, Digest().bytes, kDevice, epoch).value;
  for (const KeyPurpose purpose : {KeyPurpose::response_mac, KeyPurpose::api_key}) {
    secrets_.push_back(to_hex(derive_purpose_key(crypto, device.bytes, purpose).value).characters);
  }
  secrets_.push_back(to_hex(device).characters);
  secrets_.push_back(base64_text(device.bytes));  // as the server enrols it
}

void Stage::make_servers() {
  ScriptedServer server(kProduct, Digest());
  server.faults.wrong_image_times = 0;
  if (rotates_keys()) return make_key_servers(server);
  if (options_.scenario == Scenario::retries) {
    server.faults.drop_image_after = kDropAfter;
    server.faults.wrong_image_byte = kWrongByte;
  }
  if (options_.scenario == Scenario::full) server.add_mirror(kMirror, MirrorKind::good);
  servers_.push_back(server);
  for (size_t i = 0; i < releases_.size(); ++i) {
    server.offer(releases_[i]);
    if (takes_patches()) add_patch(server, i);
    if (!configurations_.empty()) {
      const KnownDocument& alone = configurations_[i == 0 ? 0 : 2];
      server.configure(alone.version, alone.text());
      server.hold_until_configured(i == 0 ? alone.version : 0);
    }
    servers_.push_back(server);
  }
}

// From what the board runs when that release is offered.
void Stage::add_patch(ScriptedServer& server, size_t release) const {
  const KnownImage& base = images_[release + 1];
  const KnownImage& result = images_[release + 2];
  const bool is_whole = options_.scenario == Scenario::compressed;
  const Bytes from = is_whole ? Bytes() : Bytes(base.bytes);
  server.add_patch({stage_patch(from, result.bytes, kPatchMemory), base.version});
}

// First all is as it was when the device was made, and what it runs is a release. Then everything
// changes at once. Each life brings one lie of each kind.
void Stage::make_key_servers(ScriptedServer server) {
  const RotatedKeys& keys = rotated_keys();
  server.add_root(keys.first_link);
  server.offer(release_of(images_[1]));
  servers_.push_back(server);
  server.add_root(keys.next_link);
  server.set_trust(1, keys.trust);
  server.set_key_epoch(2);
  KnownImage captured = images_[1];
  captured.version = "1.0.9";
  captured.sequence = kLastOfFirstEpoch + 1;
  captured.security_version = 1;
  captured.bytes = make_image(recipe_of(captured));
  server.capture(release_of(captured));
  server.faults.captured_times = 1;
  server.faults.forged_link = keys.forged_link;
  server.faults.strange_key_times = 1;
  for (const ServedRelease& release : releases_) {
    server.offer(release);
    servers_.push_back(server);
  }
}

TlsIdentity Stage::identity(std::optional<size_t> offered, uint32_t life) const {
  const bool is_next = rotates_keys() && offered && (*offered > 0 || life > 0);
  return is_next ? rotated_keys().next_identity : TlsIdentity();
}

WantedFacts Stage::wanted_facts(std::optional<size_t> offered, bool confirmed) const {
  WantedFacts wanted;
  wanted.root_version = rotates_keys() ? 1 : 0;
  if (rotates_keys() && offered) wanted = {2, 1, 0, 2};
  if (configurations_.empty() || !offered) return wanted;
  wanted.config_version = *offered > 0 ? 3 : confirmed ? 2 : 1;
  return wanted;
}

void Stage::make_flash() {
  if (options_.encrypted) encrypt_erased();
  program(flash_, kPartitionTableOffset, write_partition_table(table_));
  if (options_.factory) program(flash_, slot(kFactoryIndex).offset, images_[1].bytes);
  const bool has_slots = options_.past != Past::fresh;
  if (has_slots || !options_.factory) program(flash_, slot(0).offset, images_[1].bytes);
  if (has_slots) program(flash_, slot(1).offset, images_[0].bytes);

  VendorSetup setup;
  setup.idf = behaviour_of(options_.idf);
  setup.rollback = config_.boot.rollback;
  setup.has_factory = options_.factory;
  const Partition& place = partition(kTypeData, kSubtypeDataOta);
  FlashPartition otadata(flash_, place.offset, place.size_bytes);
  VendorOta vendor(otadata, setup, [](int) { return true; });
  play_past(vendor);
  if (options_.scenario == Scenario::confirm) stage_by_other_means(vendor);
  if (options_.forgetful) flash_.forget_last_at_cut();
}

// At its first boot the bootloader encrypts what is there, erased flash included, which reads as FF
// from then on.
//
// Source: encrypt_flash_contents(), ESP-IDF v5.5 components/bootloader_support/src/flash_encrypt.c
void Stage::encrypt_erased() {
  flash_.encrypt();
  for (const uint8_t subtype : {kSubtypeDataOta, kSubtypeOtterJournal}) {
    const Partition& place = partition(kTypeData, subtype);
    program(flash_, place.offset, std::vector<uint8_t>(place.size_bytes, 0xFF));
  }
}

void Stage::play_past(VendorOta& vendor) {
  if (options_.past == Past::fresh) return;
  HostCrypto crypto;
  bool done = true;
  for (const int from : {0, 1}) {  // and back
    done = done && vendor.begin(from, 1 - from) == VendorError::ok &&
           vendor.set_boot(1 - from) == VendorError::ok &&
           boot(flash_, config_.boot, crypto).booted.has_value() &&
           vendor.mark_valid() == VendorError::ok;
  }
  if (options_.past == Past::interrupted) {
    done = done && flash_.erase(slot(1).offset, slot(1).size_bytes) == Error::ok &&
           vendor.begin(0, 1) == VendorError::ok;
  }
  if (options_.past == Past::rechosen) done = done && vendor.set_boot(0) == VendorError::ok;
  if (!done) throw SimError("the vendor's own update does not succeed");
}

// Something else has put the release into slot 1 and made the bootloader start it.
void Stage::stage_by_other_means(VendorOta& vendor) {
  const int running = options_.past == Past::fresh && options_.factory ? kFactoryIndex : 0;
  const bool begun = vendor.begin(running, 1) == VendorError::ok;
  if (flash_.erase(slot(1).offset, slot(1).size_bytes) != Error::ok) throw SimError("flash: erase");
  program(flash_, slot(1).offset, images_[2].bytes);
  if (!begun || vendor.set_boot(1) != VendorError::ok) throw SimError("the vendor's staging fails");
}

const Partition& Stage::slot(int index) const {
  const int subtype = index == kFactoryIndex ? kSubtypeFactory : kSubtypeOta0 + index;
  return partition(kTypeApp, static_cast<uint8_t>(subtype));
}

}  // namespace otter::sim
