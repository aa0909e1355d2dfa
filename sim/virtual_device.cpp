#include "sim/virtual_device.h"

#include <algorithm>
#include <vector>

#include "ota/patch_unpacker.h"
#include "publish/core_dump_maker.h"
#include "publish/text.h"
#include "sim/firmware.h"
#include "sim/sim_error.h"

namespace otter::sim {
namespace {

constexpr int kBeginTries = 3;         // of an application whose engine does not start
constexpr uint64_t kBootRetry = 1000;  // [ms] where nothing boots
constexpr uint16_t kStatusOk = 200;
constexpr uint16_t kStatusNotFound = 404;  // plain mode's answer while there is no release

// Passes everything on, and remembers how the last request was answered.
class WatchedHttp : public Http {
 public:
  explicit WatchedHttp(std::unique_ptr<Http> http) : http_(std::move(http)) {}

  Error open(const HttpRequest& request, HttpResponse* response) override {
    const Error error = http_->open(request, response);
    last_status_ = error == Error::ok ? response->status : uint16_t{0};
    return error;
  }
  Result<size_t> read(MutableBytes out) override { return http_->read(out); }
  void close() override { http_->close(); }
  void use_trust(const TlsTrust& trust) override { http_->use_trust(trust); }

  bool was_answered() const { return last_status_ == kStatusOk || last_status_ == kStatusNotFound; }

 private:
  std::unique_ptr<Http> http_;
  uint16_t last_status_ = 0;
};

// The firmware's own behaviour, and the board's state before an update.
class BoardApplication : public FirmwareApplication {
 public:
  BoardApplication(Behaviour behaviour, const VirtualDevicePorts& ports)
      : FirmwareApplication(behaviour), ports_(ports) {}
  Error ready_for_update() override {
    return ports_.ready_for_update ? ports_.ready_for_update() : Error::ok;
  }
  bool network_up() override {
    return FirmwareApplication::network_up() && (!ports_.has_network || ports_.has_network());
  }
  Error configure(Json values) override {
    if (ports_.on_configure) ports_.on_configure(values.text());
    return FirmwareApplication::configure(values);
  }

 private:
  const VirtualDevicePorts& ports_;
};

UpdaterConfig with_firmware(UpdaterConfig config, const Firmware& firmware, Unpacker* unpacker) {
  config.version = firmware.version;
  config.unpacker = unpacker;
  if (config.product.empty()) config.product = firmware.product;
  if (config.product.empty()) {
    throw SimError("the firmware names no product; give one with --product");
  }
  return config;
}

}  // namespace

// What is in the chip's memory between two resets.
class VirtualDevice::Running {
 public:
  Running(const VirtualDevice& device, const BootedImage& image, const Firmware& firmware)
      : index_(image.index),
        firmware_(firmware),
        patch_memory_(device.config_.patch_memory_bytes),
        unpacker_(patch_memory_),
        config_(with_firmware(device.config_.updater, firmware_, &unpacker_)),
        board_(device.ports_.flash, boot_facts(device, image), device.ports_.log),
        http_(device.ports_.connect()),
        application_(firmware.behaviour, device.ports_),
        workspace_(kWorkspaceSize),
        updater_(
            config_,
            UpdaterPorts{board_, http_, device.ports_.crypto, device.ports_.settings, application_},
            workspace_) {}

  int index() const { return index_; }
  const Firmware& firmware() const { return firmware_; }
  VirtualBoard& board() { return board_; }
  const WatchedHttp& http() const { return http_; }
  Updater& updater() { return updater_; }

  // How the firmware behaves now: a configuration may change it.
  void note_behaviour(uint64_t now_ms, const VirtualDeviceConfig& config) {
    const Behaviour behaviour = application_.behaviour();
    if (behaviour == noted_ || fails_at_ms != kNever) return;
    noted_ = behaviour;
    const bool wears_out = behaviour == Behaviour::wear_out && is_in_use();
    if (behaviour == Behaviour::crash || wears_out) {
      fails_at_ms = now_ms + config.crash_after_ms;
      failure = ResetReason::panic;
    } else if (behaviour == Behaviour::hang) {
      fails_at_ms = now_ms + config.watchdog_ms;
      failure = ResetReason::task_watchdog;
    }
  }

  // When it panics although the engine works.
  uint64_t panics_at_ms(uint64_t now_ms, const VirtualDeviceConfig& config) {
    const bool counts = application_.behaviour() == Behaviour::unstable && is_in_use();
    if (counts && panics_at_ms_ == kNever) panics_at_ms_ = now_ms + config.panic_every_ms;
    return panics_at_ms_;
  }

  // As the panic handler of firmware that is built so.
  void leave_core_dump(ResetReason reason);

  // When the chip will be reset without having asked for it, and why; the engine stands still.
  uint64_t fails_at_ms = kNever;
  ResetReason failure = ResetReason::unknown;

 private:
  bool is_in_use() const {
    return updater_.state() != UpdaterState::trial && !updater_.in_safe_mode();
  }
  static BootFacts boot_facts(const VirtualDevice& device, const BootedImage& image) {
    BootFacts facts;
    facts.chip = device.config_.boot.chip;
    facts.running_slot = image.index >= 0 ? static_cast<uint8_t>(image.index) : kNoSlot;
    facts.reset_reason = device.reset_reason_;
    facts.diagnostics = device.config_.diagnostics;
    const SecurityFuse* const fuse = device.config_.boot.security_fuse;
    if (fuse != nullptr) facts.security_version_burned = fuse->version;
    return facts;
  }

  int index_;
  Firmware firmware_;
  std::vector<uint8_t> patch_memory_;
  PatchUnpacker unpacker_;
  UpdaterConfig config_;
  VirtualBoard board_;
  WatchedHttp http_;
  BoardApplication application_;
  std::vector<uint8_t> workspace_;
  Updater updater_;
  Behaviour noted_ = Behaviour::healthy;
  uint64_t panics_at_ms_ = kNever;
};

void VirtualDevice::Running::leave_core_dump(ResetReason reason) {
  if (board_.core_dump() == nullptr || index_ < 0) return;
  uint8_t raw[kAppDescriptionSize];
  const Error error = board_.slot(static_cast<uint8_t>(index_)).read(kAppDescriptionOffset, raw);
  const Result<AppDescription> description = parse_app_description(raw);
  if (error != Error::ok || !description.ok()) return;
  DumpRecipe recipe;
  recipe.chip = board_.chip();
  recipe.app_elf_sha256 = to_hex(description.value.app_elf_sha256).characters;
  recipe.task = reason == ResetReason::panic ? "main" : "IDLE";
  recipe.reason = reason == ResetReason::panic ? "" : "Task watchdog got triggered";
  // What fails leaves no dump, or half a one: the power was cut, or the flash is worn.
  (void)board_.core_dump()->write(make_core_dump(recipe));
}

VirtualDevice::VirtualDevice(const VirtualDeviceConfig& config, VirtualDevicePorts ports)
    : config_(config), ports_(std::move(ports)) {}

VirtualDevice::~VirtualDevice() = default;

void VirtualDevice::log(LogLevel level, const std::string& line) const {
  if (ports_.log) ports_.log(level, line);
}

std::string VirtualDevice::running_version() const {
  return running_ != nullptr ? running_->firmware().version : "";
}

std::optional<int> VirtualDevice::running_index() const {
  return running_ != nullptr ? std::optional<int>(running_->index()) : std::nullopt;
}

void VirtualDevice::set_diagnostics(const Diagnostics& diagnostics) {
  config_.diagnostics = diagnostics;
  if (running_ != nullptr) running_->board().set_diagnostics(diagnostics);
}

void VirtualDevice::power_on() {
  ports_.flash.restore_power();
  running_.reset();
  boot_at_ms_ = 0;
  reset_reason_ = ResetReason::power_on;
}

uint64_t VirtualDevice::step(uint64_t now_ms) {
  uint64_t wake_ms = boot_at_ms_;
  if (running_ != nullptr) {
    wake_ms = run(now_ms);
  } else if (now_ms >= boot_at_ms_) {
    wake_ms = start(now_ms);
  }
  if (ports_.flash.has_power()) return wake_ms;
  running_.reset();
  return kNever;
}

uint64_t VirtualDevice::start(uint64_t now_ms) {
  const BootResult result = boot(ports_.flash, config_.boot, ports_.crypto);
  for (const std::string& line : result.log) log(LogLevel::debug, line);
  if (!ports_.flash.has_power()) return kNever;
  if (!result.booted) {
    nothing_to_boot(result);
    return boot_at_ms_ = now_ms + kBootRetry;
  }
  said_nothing_boots_ = false;
  const BootedImage& image = *result.booted;
  FlashPartition slot(ports_.flash, image.partition.offset, image.partition.size_bytes);
  const Result<Firmware> firmware = read_firmware(slot, image.image);
  if (!firmware.ok()) return reset(now_ms, ResetReason::panic);
  log(LogLevel::info, "[APP] " + firmware.value.product + " " + firmware.value.version +
                          " starts from " + image.partition.label +
                          " (reset: " + string_of(name(reset_reason_)) + ")");

  running_ = std::make_unique<Running>(*this, image, firmware.value);
  Error error = Error::ok;
  for (int tries = 0; tries < kBeginTries; ++tries) {
    error = running_->updater().begin(now_ms);
    if (group(error) != ErrorGroup::world || !ports_.flash.has_power()) break;
  }
  if (error != Error::ok) {
    log(LogLevel::error, "[APP] the update engine can't start: " + string_of(meaning(error)));
    running_->fails_at_ms = now_ms + config_.crash_after_ms;
    running_->failure = ResetReason::panic;
  }
  running_->note_behaviour(now_ms, config_);
  note_end();
  return running_->fails_at_ms == kNever ? now_ms : running_->fails_at_ms;
}

void VirtualDevice::note_end() {
  const Outcome outcome = running_->updater().outcome();
  owes_report_ = outcome.phase != Phase::none;
  if (owes_report_) ended_ = Delivered{outcome.phase, outcome.error, outcome.version};
}

bool VirtualDevice::in_safe_mode() const {
  return running_ != nullptr && running_->updater().in_safe_mode();
}

void VirtualDevice::nothing_to_boot(const BootResult& result) {
  if (said_nothing_boots_) return;
  said_nothing_boots_ = true;
  const std::string reason = result.log.empty() ? "" : ": " + result.log.back();
  log(LogLevel::error, "[APP] nothing boots" + reason);
}

uint64_t VirtualDevice::run(uint64_t now_ms) {
  if (running_->fails_at_ms != kNever) {  // crashed or hung: the engine has no say any more
    if (now_ms < running_->fails_at_ms) return running_->fails_at_ms;
    return crash(now_ms, running_->failure);
  }
  const uint64_t panics_at_ms = running_->panics_at_ms(now_ms, config_);
  if (now_ms >= panics_at_ms) return crash(now_ms, ResetReason::panic);
  Updater& updater = running_->updater();
  const UpdaterState before = updater.state();
  const Outcome outcome = updater.outcome();
  const uint64_t wake_ms = updater.step(now_ms);
  if (!ports_.flash.has_power()) return kNever;
  running_->note_behaviour(now_ms, config_);
  note_end();
  if (outcome.phase != Phase::none && updater.outcome().phase == Phase::none) {
    delivered_ = Delivered{outcome.phase, outcome.error, outcome.version};
  }
  const bool has_asked = before == UpdaterState::checking || before == UpdaterState::reporting ||
                         before == UpdaterState::uploading;
  if (has_asked) {
    is_at_rest_ = updater.state() == UpdaterState::idle && running_->http().was_answered();
  }
  if (running_->board().wants_restart()) return reset(now_ms, ResetReason::software);
  return std::min(wake_ms, panics_at_ms);
}

uint64_t VirtualDevice::crash(uint64_t now_ms, ResetReason reason) {
  if (config_.keeps_core_dumps) running_->leave_core_dump(reason);
  log(LogLevel::error,
      reason == ResetReason::panic ? "[APP] panic: reset" : "[APP] task watchdog: reset");
  return reset(now_ms, reason);
}

uint64_t VirtualDevice::reset(uint64_t now_ms, ResetReason reason) {
  running_.reset();
  reset_reason_ = reason;
  return boot_at_ms_ = now_ms + config_.boot_time_ms;
}

}  // namespace otter::sim
