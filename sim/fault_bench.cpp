#include "sim/fault_bench.h"

#include "publish/image_maker.h"
#include "publish/image_report.h"
#include "publish/manifest_builder.h"
#include "sim/flash_report.h"
#include "sim/sim_error.h"

namespace otter::sim {
namespace {

constexpr ChipId kChip = 5;  // esp32c3
constexpr char kProduct[] = "thermostat";
constexpr uint32_t kImageSize = 80 * 1024;  // [bytes] two blocks, one of them short

std::vector<uint8_t> image_of(const ReleaseRecipe& recipe) {
  ImageRecipe out;
  out.chip = kChip;
  out.product = kProduct;
  out.version = recipe.version;
  out.behaviour = recipe.behaviour;
  out.secure_version = recipe.security_version;
  out.size_bytes = kImageSize;
  return make_image(out);
}

std::string member(const Json& object, Text name) {
  const Result<Json> value = object.member(name);
  const Result<Text> text = value.ok() ? value.value.plain_string() : Result<Text>(value.error);
  return text.ok() ? std::string(text.value.data, text.value.size) : "";
}

}  // namespace

ServedRelease make_release(const ReleaseRecipe& recipe) {
  ServedRelease release;
  release.image = image_of(recipe);
  release.version = recipe.version;
  release.sequence = recipe.sequence;
  ManifestOptions options;
  options.product = kProduct;
  options.version = recipe.version;
  options.sequence = recipe.sequence;
  options.created_s = 1;
  release.envelope =
      FixedKey(recipe.key)
          .sign_manifest(build_manifest(inspect_image(release.image), release.image, options));
  return release;
}

Error StarvedCrypto::sha256_finish(HashLane lane, Digest* out) {
  const Error error = HostCrypto::sha256_finish(lane, out);
  if (!counts || !counts()) return error;
  return uses++ == fails_at ? Error::low_memory : error;
}

FaultBench::FaultBench(const BenchOptions& options)
    : network(clock, options.network), options_(options) {
  write_factory_state(flash, image_of({.version = "1.0.0"}));
  server.set_api_key("otk_of_the_product");
  server.set_hmac_secret("the product's secret");
  config_.boot.chip = {kChip, 3};
  UpdaterConfig& updater = config_.updater;
  updater.mode = options_.plain ? UpdateMode::plain : UpdateMode::signed_release;
  updater.device_id = "board-1";
  updater.product = kProduct;
  updater.api_key = Text(options_.api_key);
  updater.hmac_secret = as_bytes(Text(options_.hmac_secret));
  updater.release_keys = &key_.release_key();
  updater.release_key_count = 1;
  updater.check_interval_s = 60;
  const auto connect = [this] {
    if (options_.connect) return options_.connect();
    return network.wrap(server.connect({.clock = &clock}));
  };
  VirtualDevicePorts ports{flash, crypto, settings_, connect,
                           [this](LogLevel, const std::string& line) { log += line + "\n"; }};
  ports.ready_for_update = [this] { return ready; };
  device_ = std::make_unique<VirtualDevice>(config_, std::move(ports));
  crypto.counts = [this] { return device_->running_index().has_value(); };
}

bool FaultBench::run(const std::function<bool()>& done, uint64_t for_ms) {
  const uint64_t end = clock.now_ms() + for_ms;
  while (!done() && clock.now_ms() < end) {
    const uint64_t wake_ms = device_->step(clock.now_ms());
    if (!flash.has_power()) {
      ++power_losses;
      log += "[SIM] the power comes back\n";
      device_->power_on();
      continue;
    }
    clock.reach(wake_ms);
  }
  return done();
}

void FaultBench::rest(uint64_t for_ms) {
  run([] { return false; }, for_ms);
}

bool FaultBench::run_to_report(const ServedRelease& release, uint64_t for_ms) {
  const size_t before = server.reports.size();
  server.offer(release);
  return run([&] { return server.reports.size() > before; }, for_ms);
}

bool FaultBench::run_to_confirmed(const std::string& version) {
  return run([&] { return was_told(version, "confirmed"); }) && running_version() == version;
}

uint32_t FaultBench::slot_offset(int index) const {
  const Partition* const slot = table_.find(kTypeApp, static_cast<uint8_t>(kSubtypeOta0 + index));
  if (slot == nullptr) throw SimError("the board has no such slot");
  return slot->offset;
}

std::string FaultBench::running_version() {
  HostCrypto own;
  const std::optional<int> index = device_->running_index();
  if (!index || *index < 0) return "nothing";
  return inspect_flash(flash, own).slots.at(static_cast<size_t>(*index)).firmware.version;
}

bool FaultBench::runs(const ServedRelease& release) {
  const std::optional<int> index = device_->running_index();
  if (!index || *index < 0) return false;
  std::vector<uint8_t> held(release.image.size());
  return flash.read(slot_offset(*index), held) == Error::ok && held == release.image;
}

std::vector<ToldOutcome> FaultBench::told() const {
  std::vector<ToldOutcome> out;
  for (const std::string& report : server.reports) {
    const Result<Json> json = Json::parse(Text(report));
    if (!json.ok()) continue;
    out.push_back(
        {member(json.value, "phase"), member(json.value, "error"), member(json.value, "version")});
  }
  return out;
}

ToldOutcome FaultBench::last_told() const {
  const std::vector<ToldOutcome> all = told();
  return all.empty() ? ToldOutcome() : all.back();
}

bool FaultBench::was_told(const std::string& version, const std::string& phase) const {
  for (const ToldOutcome& outcome : told()) {
    if (outcome.version == version && outcome.phase == phase) return true;
  }
  return false;
}

uint64_t FaultBench::erases_of_second_slot() const {
  return flash.erase_count(slot_offset(1) / kSectorSize);
}

std::string FaultBench::summary() {
  std::string out = "runs " + running_version();
  const std::vector<ToldOutcome> all = told();
  if (all.empty()) out += "; nothing was reported";
  for (const ToldOutcome& outcome : all) {
    out += "; reported: " + outcome.version + " " + outcome.phase;
    if (!outcome.error.empty() && outcome.error != "ok") out += " (" + outcome.error + ")";
  }
  return out + "; " + std::to_string(server.image_bytes_sent) + " bytes of images sent";
}

void FaultBench::spoil_second_slot(uint32_t offset) {
  const uint8_t nothing[1] = {0};
  if (flash.program(slot_offset(1) + offset, nothing) != Error::ok) throw SimError("flash: write");
}

}  // namespace otter::sim
