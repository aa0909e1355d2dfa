// The engine on a board in memory, before a scripted server, with the little of a bootloader that
// it needs: enough to choose how the chip is reset, what is burned into it, and on which stack the
// engine runs. Whole boards: sim/virtual_device.h. One thread.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>

#include "device/test/engine_player.h"
#include "device/test/guarded_ports.h"
#include "device/test/memory_ports.h"
#include "ota/boot_control.h"
#include "ota/updater.h"
#include "publish/image_maker.h"
#include "publish/image_report.h"
#include "publish/manifest_builder.h"
#include "publish/trust_builder.h"
#include "sim/fixed_key.h"
#include "sim/scripted_server.h"

namespace otter {

constexpr char kBenchProduct[] = "lamp";

class EngineBench {
 public:
  // Runs 1.0.0 from slot 0; slot 1 is empty.
  EngineBench() {
    config.device_id = "board-1";
    config.product = kBenchProduct;
    config.api_key = "otk_shared";
    config.release_keys = &key_.release_key();
    config.release_key_count = 1;
    config.check_interval_s = 60;
    put_image(0, "1.0.0");
    put_entry(0, 1, OtaState::valid);
  }

  static ImageRecipe recipe_of(const std::string& version) {
    ImageRecipe recipe;
    recipe.chip = 5;  // MemoryBoard's
    recipe.product = kBenchProduct;
    recipe.version = version;
    recipe.size_bytes = 160 * 1024;
    return recipe;
  }
  sim::ServedRelease release_of(const ImageRecipe& recipe, uint64_t sequence) const {
    ManifestOptions options;
    options.product = kBenchProduct;
    options.sequence = sequence;
    options.version = recipe.version;
    options.created_s = 1;
    sim::ServedRelease release;
    release.image = make_image(recipe);
    release.version = recipe.version;
    release.sequence = sequence;
    release.envelope =
        key_.sign_manifest(build_manifest(inspect_image(release.image), release.image, options));
    return release;
  }

  void put_image(int slot, const std::string& version) {
    const std::vector<uint8_t> image = make_image(recipe_of(version));
    memcpy(board.slots[slot].bytes.data(), image.data(), image.size());
  }
  void put_entry(int index, uint32_t sequence, OtaState state) {
    uint8_t raw[kOtadataEntrySize];
    write_otadata_entry(sequence, state, true, raw);
    memcpy(board.boot_data.bytes.data() + index * static_cast<int>(kSectorSize), raw, sizeof(raw));
  }

  // Builds the board with root metadata, and has the server rotate and configure all that can be,
  // beside firmware.
  void change_everything() {
    root_.root_keys = {point_of(root_key_)};
    root_.release_keys = {{point_of(key_), {}, {}}};
    built_in_ = build_root(root_);
    config.root = built_in_;
    server.add_root(signed_frame(kRootType, built_in_));
    root_.version = 2;
    server.add_root(signed_frame(kRootType, build_root(root_)));
    TrustDocument trust;
    trust.version = 4;
    trust.anchors = {{0x30, 0x01, 0x00}};
    server.set_trust(4, signed_frame(kTrustType, build_trust(trust)));
    uint8_t key[4 + kDeviceKeySize] = {1};  // of the first epoch
    const Digest secret = derive_device_key(crypto, Digest().bytes, config.device_id, 1).value;
    memcpy(key + 4, secret.bytes, kDeviceKeySize);
    settings.values[Setting::device_key].assign(key, key + sizeof(key));
    server.set_key_epoch(2);
    server.configure(1, "{\"version\":1,\"values\":{}}");
  }
  bool logged(const std::string& part) const { return board.lines.find(part) != std::string::npos; }

  // Starts the engine in the running slot, as after a reset.
  Error boot(ResetReason reason) {
    updater_.reset();
    board.reason = reason;
    board.restarts = 0;
    http_ = server.connect();
    guarded_.emplace(guard, board, *http_, crypto, settings);
    ports_.emplace(UpdaterPorts{guarded_->board, guarded_->http, guarded_->crypto,
                                guarded_->settings, application});
    if (tape != nullptr) {
      note(EngineAct::boot);
      ReleaseKey key = key_.release_key();
      pass_config(*tape, &config, &key);
      config.release_keys = &key_.release_key();
      taped_.emplace(*tape, &*ports_);
    }
    updater_.emplace(config, taped_ ? taped_->ports() : *ports_, workspace_);
    return begin();
  }
  // Once more in the same boot: for an engine that could not start.
  Error begin() {
    Error error = Error::ok;
    note(EngineAct::begin);
    guard.stack.inside([&] { error = updater_->begin(now_ms); });
    if (tape != nullptr) tape->given(static_cast<uint64_t>(error));
    return error;
  }
  // Lets virtual time pass, or until the engine restarts the chip.
  void rest(uint64_t for_ms) {
    const uint64_t end = now_ms + for_ms;
    while (now_ms < end && board.restarts == 0) now_ms = std::max(now_ms, step());
  }
  // Gives the time at which the engine wants to be called again.
  uint64_t step() {
    uint64_t wake_ms = 0;
    note(EngineAct::step);
    guard.stack.inside([&] { wake_ms = updater_->step(now_ms); });
    if (tape != nullptr) tape->given(wake_ms);
    return wake_ms;
  }
  // The bootloader's part of a reset: a trial begins, or ends without having been confirmed.
  void follow_otadata() {
    Otadata otadata = BootControl(board.boot_data, 2).read().value;
    for (int i = 0; i < 2; ++i) {
      OtadataEntry& entry = otadata.entries[i];
      if (entry.state != OtaState::pending_verify) continue;
      put_entry(i, entry.sequence, entry.state = OtaState::aborted);
    }
    const int active = otadata.active();
    const OtadataEntry& entry = otadata.entries[active];
    if (entry.state == OtaState::fresh) put_entry(active, entry.sequence, OtaState::pending_verify);
    board.running = otadata_slot(entry.sequence, 2);
  }
  // Lets virtual time pass, resets included, until the server was told of `count` outcomes; false
  // if it never is.
  bool run_to_report(size_t count, uint64_t for_ms = 24 * 3600 * 1000) {
    for (const uint64_t end = now_ms + for_ms; now_ms < end && server.reports.size() < count;) {
      rest(1000);
      if (board.restarts == 0) continue;
      follow_otadata();
      if (boot(ResetReason::software) != Error::ok) return false;
    }
    return server.reports.size() >= count;
  }
  void check_now() {
    note(EngineAct::check_now);
    updater_->check_now();
  }
  // To the end of the tape, if there is one.
  void note(EngineAct act) {
    if (tape != nullptr) pass_act(*tape, &act, &now_ms);
  }
  std::string last_report() const { return server.reports.empty() ? "" : server.reports.back(); }
  const Updater& updater() const { return *updater_; }
  Updater& updater() { return *updater_; }
  const UpdaterPorts& ports() const { return *ports_; }

  MemoryBoard board;
  DisturbedCrypto crypto;
  ListSettings settings;
  IdleApplication application;
  sim::ScriptedServer server{kBenchProduct, Digest()};
  UpdaterConfig config;
  Guard guard;
  Tape* tape = nullptr;  // on which all is recorded, if it is set before the first boot
  uint64_t now_ms = 0;

 private:
  struct Guarded {
    Guarded(Guard& on, Board& board_in, Http& http_in, Crypto& crypto_in, Settings& settings_in)
        : board(on, board_in),
          http(on, http_in),
          crypto(on, crypto_in),
          settings(on, settings_in) {}
    GuardedBoard board;
    GuardedHttp http;
    GuardedCrypto crypto;
    GuardedSettings settings;
  };

  static PublicPoint point_of(const sim::FixedKey& key) {
    return PublicPoint(key.release_key().point, key.release_key().point + kPublicKeySize);
  }
  std::vector<uint8_t> signed_frame(const char* type, const std::string& body) const {
    SignedDocument document{type, body, {}};
    add_signature(document, point_of(root_key_), root_key_.sign(signing_digest(document)));
    const std::string frame = write_signed_document(document);
    return std::vector<uint8_t>(frame.begin(), frame.end());
  }

  const sim::FixedKey key_{"release"};
  const sim::FixedKey root_key_{"root"};
  RootDocument root_;
  std::string built_in_;
  std::vector<uint8_t> workspace_ = std::vector<uint8_t>(kWorkspaceSize);
  std::unique_ptr<Http> http_;
  std::optional<Guarded> guarded_;
  std::optional<UpdaterPorts> ports_;
  std::optional<TapedPorts> taped_;
  std::optional<Updater> updater_;
};

}  // namespace otter
