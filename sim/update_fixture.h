// What tests of whole updates share: one board with the real engine, on the simulated flash and
// bootloader, and a scripted server. Time is virtual.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "publish/host_crypto.h"
#include "publish/image_maker.h"
#include "publish/image_report.h"
#include "publish/manifest_builder.h"
#include "publish/temporary_folder.h"
#include "sim/flash_fault.h"
#include "sim/memory_settings.h"
#include "sim/scripted_server.h"
#include "sim/virtual_device.h"

namespace otter::sim {

constexpr ChipId kEsp32c3 = 5;
constexpr char kProduct[] = "thermostat";
constexpr uint32_t kUsual = 160 * 1024;      // [bytes]
constexpr uint32_t kSmall = 80 * 1024;       // [bytes] two blocks, one of them short
constexpr uint64_t kMinute = 60 * 1000;      // [ms]
constexpr uint64_t kHour = 3600 * 1000;      // [ms]
constexpr uint64_t kDay = 24 * 3600 * 1000;  // [ms]

inline std::vector<uint8_t> image_of(const std::string& version, const std::string& behaviour,
                                     uint32_t size_bytes = kUsual,
                                     const std::string& product = kProduct) {
  ImageRecipe recipe;
  recipe.chip = kEsp32c3;
  recipe.product = product;
  recipe.version = version;
  recipe.behaviour = behaviour;
  recipe.size_bytes = size_bytes;
  return make_image(recipe);
}

// Keys and images are made once: they do not change between tests.
inline const std::string& release_key() {
  static const TemporaryFolder folder;
  static const std::string path = [] {
    const std::string made = folder.file("release.pem");
    make_signing_key(made);
    return made;
  }();
  return path;
}

inline ServedRelease release_with(std::vector<uint8_t> image, const std::string& version,
                                  uint64_t sequence, const std::string& product) {
  ServedRelease release;
  release.image = std::move(image);
  release.version = version;
  release.sequence = sequence;
  ManifestOptions options;
  options.product = product;
  options.sequence = sequence;
  options.version = version;
  options.created_s = 1;
  release.envelope = sign_manifest(
      build_manifest(inspect_image(release.image), release.image, options), release_key());
  return release;
}

inline ServedRelease release_of(const std::string& version, const std::string& behaviour,
                                uint64_t sequence = 1, const std::string& product = kProduct) {
  return release_with(image_of(version, behaviour, kUsual, product), version, sequence, product);
}

class UpdateTest : public testing::Test {
 protected:
  UpdateTest() {
    const std::vector<uint8_t> point = read_public_point(release_key());
    memcpy(key_.point, point.data(), point.size());
    if (hex_decode(key_id_of(point), key_.id) != Error::ok) abort();
    config_.boot.chip = {kEsp32c3, 3};
    config_.updater.device_id = "board-1";
    config_.updater.product = kProduct;
    config_.updater.api_key = "otk_shared";
    config_.updater.release_keys = &key_;
    config_.updater.release_key_count = 1;
    config_.updater.check_interval_s = 60;
    write_factory_state(flash_, image_of("1.0.0", "healthy"));
    make_device();
  }

  void make_device() {
    VirtualDevicePorts ports{flash_, crypto_, settings_,
                             [this] { return server_.connect(connect_options_); },
                             [this](LogLevel, const std::string& line) { log_ += line + "\n"; }};
    ports.has_network = [this] { return has_network_; };
    device_ = std::make_unique<VirtualDevice>(config_, ports);
  }
  // Lets virtual time pass until the server was told of an outcome; false if it never is.
  bool run(uint64_t for_ms = kDay) {
    const uint64_t end = now_ms_ + for_ms;
    while (now_ms_ < end && !device_->delivered()) {
      const uint64_t wake = device_->step(now_ms_);
      if (wake == kNever) return false;
      now_ms_ = std::max(now_ms_, wake);
    }
    return device_->delivered().has_value();
  }
  // Lets virtual time pass, or until the power fails.
  void rest(uint64_t for_ms) {
    const uint64_t end = now_ms_ + for_ms;
    while (now_ms_ < end) {
      const uint64_t wake = device_->step(now_ms_);
      if (wake == kNever) return;
      now_ms_ = std::max(now_ms_, wake);
    }
  }
  Delivered outcome_of(const ServedRelease& release) {
    server_.offer(release);
    EXPECT_TRUE(run()) << log_;
    return device_->delivered().value_or(Delivered());
  }
  // One update of a board that is as it left the factory, with the power failing at that operation;
  // false if the update was over before.
  bool update_with_cut(const std::vector<uint8_t>& factory, const ServedRelease& release,
                       uint64_t operation, const FlashDecision& decision) {
    flash_ = NorFlash(4 * kMebibyte);
    write_factory_state(flash_, factory);
    CutAtOperation cut(flash_.operation_count() + operation, decision);
    flash_.set_fault(&cut);
    settings_ = MemorySettings();
    log_.clear();
    make_device();
    server_.offer(release);
    server_.reports.clear();
    run();
    flash_.set_fault(nullptr);
    return !flash_.has_power();
  }
  // [bytes from the start of flash]
  uint32_t second_slot() {
    const Result<PartitionTable> table = load_partition_table(flash_);
    return table.value.find(kTypeApp, kSubtypeOta0 + 1)->offset;
  }
  bool logged(const std::string& text) const { return log_.find(text) != std::string::npos; }

  NorFlash flash_{4 * kMebibyte};
  HostCrypto crypto_;
  MemorySettings settings_;
  ScriptedServer server_{kProduct, Digest()};
  ReleaseKey key_{};
  ConnectOptions connect_options_;  // of the image that is started next
  bool has_network_ = true;
  VirtualDeviceConfig config_;
  std::unique_ptr<VirtualDevice> device_;
  uint64_t now_ms_ = 0;
  std::string log_;
};

}  // namespace otter::sim
