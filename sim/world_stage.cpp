#include "sim/world_stage.h"

#include <cstring>

#include "ota/otadata.h"
#include "publish/image_maker.h"
#include "publish/image_report.h"
#include "publish/manifest_builder.h"
#include "publish/partition_csv.h"
#include "sim/sim_error.h"

namespace otter::sim {
namespace {

constexpr ChipId kChip = 0x0005;  // esp32c3
constexpr char kProduct[] = "thermostat";
constexpr char kDevice[] = "board-1";
constexpr char kApiKey[] = "otk_product_key_of_the_simulator";
constexpr uint32_t kSmallImage = 12 * 1024;     // [bytes]
constexpr uint32_t kTwoBlockImage = 72 * 1024;  // [bytes] one whole block of 64 KiB, one short
constexpr uint32_t kSlotSize = 0x20000;         // [bytes]

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
  constexpr const char* kNames[] = {"full", "retries", "confirm", "rollback", "old-bootloader"};
  return kNames[static_cast<size_t>(scenario)];
}

const char* name(Idf idf) {
  constexpr const char* kNames[] = {"5.1", "5.5.0", "5.5.4", "6.0", "6.1"};
  return kNames[static_cast<size_t>(idf)];
}

std::optional<Scenario> scenario_named(const std::string& text) {
  for (const Scenario scenario : kScenarios) {
    if (text == name(scenario)) return scenario;
  }
  return std::nullopt;
}

std::optional<Idf> idf_named(const std::string& text) {
  for (const Idf idf : kIdfs) {
    if (text == name(idf)) return idf;
  }
  return std::nullopt;
}

std::string text_of(const StageOptions& options) {
  std::string text =
      std::string(" --scenario ") + name(options.scenario) + " --idf " + name(options.idf);
  if (options.factory) text += " --factory";
  if (options.unit != 1) text += " --encrypted";
  if (options.both_slots) text += " --both-slots";
  return text;
}

Stage::Stage(const StageOptions& options) : options_(options) {
  make_table();
  make_images();
  make_config();
  make_flash();
}

void Stage::make_table() {
  constexpr uint8_t kSubtypeNvs = 2;
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

void Stage::make_images() {
  struct Row {
    const char* version;
    uint64_t sequence;
    uint32_t security_version;
  };
  constexpr Row kRows[] = {{"0.9.0", 0, 0}, {"1.0.0", 0, 0}, {"1.0.1", 1, 1}, {"1.0.2", 2, 1}};
  for (const Row& row : kRows) {
    ImageRecipe recipe;
    recipe.chip = kChip;
    recipe.product = kProduct;
    recipe.version = row.version;
    recipe.secure_version = row.security_version;
    recipe.size_bytes = options_.scenario == Scenario::retries ? kTwoBlockImage : kSmallImage;
    if (is_bad() && row.sequence == 1) recipe.behaviour = "crash";
    images_.push_back({row.version, row.sequence, row.security_version, make_image(recipe)});
    if (row.sequence == 0) continue;
    ManifestOptions manifest;
    manifest.product = kProduct;
    manifest.version = row.version;
    manifest.sequence = row.sequence;
    manifest.created_s = 1;
    const std::vector<uint8_t>& bytes = images_.back().bytes;
    releases_.push_back({bytes,
                         key_.sign_manifest(build_manifest(inspect_image(bytes), bytes, manifest)),
                         row.version, row.sequence});
  }
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
  updater.check_interval_s = 60;
  updater.trial_uptime_s = 1;  // short: virtual time costs steps
  secrets_ = {kApiKey};
  HostCrypto crypto;
  const Digest device = derive_device_key(crypto, Digest().bytes, kDevice, 1).value;
  for (const KeyPurpose purpose : {KeyPurpose::response_mac, KeyPurpose::api_key}) {
    secrets_.push_back(to_hex(derive_purpose_key(crypto, device.bytes, purpose).value).characters);
  }
  secrets_.push_back(to_hex(device).characters);
  for (std::string& secret : secrets_) secret.resize(std::min<size_t>(secret.size(), 64));
}

void Stage::make_flash() {
  program(flash_, kPartitionTableOffset, write_partition_table(table_));
  program(flash_, slot(options_.factory ? kFactoryIndex : 0).offset, images_[1].bytes);
  if (options_.both_slots) program(flash_, slot(1).offset, images_[0].bytes);
  if (options_.scenario != Scenario::confirm) return;
  // As esp_ota_set_boot_partition() leaves it, ESP-IDF v5.5.
  program(flash_, slot(1).offset, images_[2].bytes);
  uint8_t entry[kOtadataEntrySize];
  const uint32_t offset = partition(kTypeData, kSubtypeDataOta).offset;
  if (!options_.factory) {
    write_otadata_entry(1, OtaState::valid, true, entry);
    program(flash_, offset + kSectorSize, entry);
  }
  write_otadata_entry(2, OtaState::fresh, true, entry);
  program(flash_, offset, entry);
}

const Partition& Stage::slot(int index) const {
  const int subtype = index == kFactoryIndex ? kSubtypeFactory : kSubtypeOta0 + index;
  return partition(kTypeApp, static_cast<uint8_t>(subtype));
}

}  // namespace otter::sim
