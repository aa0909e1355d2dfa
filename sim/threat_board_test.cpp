// docs/threats.md: what fails by itself, or on purpose, on the board.
#include <map>
#include <random>

#include "sim/fault_play.h"
#include "sim/reachability.h"
#include "sim/threat_fixture.h"
#include "sim/update_rules.h"

namespace otter::sim {
namespace {

constexpr uint32_t kFirstSlot = 0x20000;  // [bytes from the start of flash]

TEST_F(Threat, threat_downgrade_via_slot) {
  ASSERT_EQ(told_of(release_of("1.0.1", "healthy")).phase, Phase::confirmed);
  config_.updater.security_floor = 1;  // 1.0.0 in the other slot has 0
  server_.command = "rollback";
  make_device();
  rest(kHour);
  EXPECT_EQ(device_->running_index(), 1) << log_;
  EXPECT_TRUE(logged("No rollback")) << log_;
}

TEST_F(Threat, threat_signature_check_silently_off) {
  ServedRelease release = release_of("1.0.1", "healthy");
  release.envelope = FixedKey("stranger").sign_manifest(release.envelope.manifest);
  for (int boots = 0; boots < 3; ++boots) EXPECT_TRUE(is_refused(release)) << log_;
  EXPECT_EQ(told_of(release_of("1.0.1", "healthy")).phase, Phase::confirmed) << "it does check";
  EXPECT_FALSE(is_untouched());
}

TEST_F(Threat, threat_partial_writes) {
  const FaultResult power = play_power();
  EXPECT_TRUE(power.passed()) << power.log;
  EXPECT_GE(power.steps.size(), 2u);
}

// From each state that ESP-IDF's own functions can leave otadata in.
TEST_F(Threat, threat_lost_fallback) {
  const BenchLayout layout = {2, false, false};
  const Reachability before =
      explore(*make_vendor_rules(IdfVersion::v5_1, layout), {layout, false});
  EXPECT_GT(before.lost_states, 0u) << "which can lose a device";
  const Reachability found =
      explore_from(*make_otter_rules(layout), {layout, true}, before.reached);
  EXPECT_EQ(found.lost_states, 0u);
  EXPECT_GT(found.states, 100u);
}

TEST_F(Threat, threat_brownout) {
  server_.offer(release_of("1.0.1", "healthy"));
  for (int i = 0; i < 3; ++i) {
    run_to("Trial of version 1.0.1");
    log_.clear();
    device_->power_on();
  }
  ASSERT_TRUE(run());
  EXPECT_EQ(device_->delivered()->phase, Phase::rolled_back);
  EXPECT_EQ(device_->delivered()->error, Error::trial_interrupted) << "not the image's own fault";
}

TEST_F(Threat, threat_reboot_loop) {
  ASSERT_EQ(told_of(release_of("1.0.1", "wear-out")).phase, Phase::confirmed);
  make_device();
  rest(kHour);
  EXPECT_EQ(device_->running_index(), 0) << log_;
  EXPECT_LE(count_in_log("panic: reset"), 6u);
  EXPECT_EQ(told_of(release_of("1.0.2", "healthy", 2)).phase, Phase::confirmed);
}

TEST_F(Threat, threat_toggling) {
  constexpr size_t kBoards = 200;
  const ServedRelease bad = release_with(image_of("1.0.1", "crash", kSmall), "1.0.1", 1, kProduct);
  server_.offer(bad);
  NorFlash fresh(4 * kMebibyte);
  write_factory_state(fresh, image_of("1.0.0", "healthy", kSmall));
  for (size_t board = 0; board < kBoards; ++board) {
    flash_ = fresh.fork();
    settings_ = MemorySettings();
    server_.requests.clear();
    make_device();
    rest(kHour);
    ASSERT_EQ(device_->running_index(), 0);
  }
  EXPECT_EQ(server_.image_bytes_sent, kBoards * bad.image.size()) << "each board takes it once";
  EXPECT_EQ(server_.reports.size(), kBoards);
}

// The journal loses bits, or all it holds, at any moment of an update.
TEST_F(Threat, threat_nvs_corruption) {
  const Partition journal = partition(kTypeData, kSubtypeOtterJournal);
  const std::vector<std::string> moments = {"Enrolment failed",      "Download progress: 5%",
                                            "Download progress: 95", "Rebooting to new firmware",
                                            "Trial of version",      "Confirmed version"};
  std::mt19937 random(1);
  for (const std::string& moment : moments) {
    for (int damage = 0; damage < 8; ++damage) {
      flash_ = NorFlash(4 * kMebibyte);
      write_factory_state(flash_, image_of("1.0.0", "healthy"));
      settings_ = MemorySettings();
      log_.clear();
      make_device();
      server_.offer(release_of("1.0.1", "healthy"));
      server_.faults.connection = Error::network_timeout;
      rest(30 * 1000);
      server_.faults.connection = Error::ok;
      run_to(moment);
      if (damage == 0) {
        ASSERT_EQ(flash_.erase(journal.offset, journal.size_bytes), Error::ok);
      }
      for (int i = 0; i < damage; ++i) {
        const uint8_t bits = static_cast<uint8_t>(random());
        const uint32_t at = static_cast<uint32_t>(random() % 1500);
        ASSERT_EQ(flash_.program(journal.offset + at, Bytes(&bits, 1)), Error::ok);
      }
      make_device();
      rest(kHour);
      ASSERT_EQ(device_->running_index(), 1) << moment << damage << log_;
    }
  }
  config_.updater.sequence_floor = 7;  // what is compiled in holds without it
  ASSERT_EQ(flash_.erase(journal.offset, journal.size_bytes), Error::ok);
  EXPECT_EQ(told_of(release_of("1.0.2", "healthy", 7)).error, Error::old_sequence);
}

TEST_F(Threat, threat_flash_wear) {
  rest(kHour);
  const auto erases = [this] {
    uint64_t sum = 0;
    for (const uint8_t subtype : {kSubtypeDataOta, kSubtypeOtterJournal}) {
      const Partition place = partition(kTypeData, subtype);
      for (uint32_t at = 0; at < place.size_bytes; at += kSectorSize) {
        sum += flash_.erase_count((place.offset + at) / kSectorSize);
      }
    }
    return sum;
  };
  const uint64_t before = erases();
  ASSERT_EQ(told_of(release_of("1.0.1", "healthy")).phase, Phase::confirmed);
  EXPECT_LE(erases() - before, 10u);
  const uint64_t after = erases();
  rest(3 * kDay);
  EXPECT_EQ(erases(), after) << "not even where the server offers the same for ever";
}

TEST_F(Threat, threat_heap_exhaustion) {
  const FaultResult memory = play_memory();
  EXPECT_TRUE(memory.passed()) << memory.log;
}

// The most that one step writes, by a W25Q32JV's datasheet: 150 ms for a block, 45 ms for a sector,
// 0.6 ms for a page.
TEST_F(Threat, threat_watchdog_during_erase) {
  uint64_t operations_us = 0;
  uint64_t slow_us = 0;
  FlashWatch watch([&](const FlashOperation& operation) {
    const bool is_erase = operation.action == FlashAction::erase;
    const bool is_block = operation.size == kEraseBlockSize;
    operations_us += is_block ? 150000 : is_erase ? 45000 : 600;
    slow_us += is_block ? 2000000 : is_erase ? 400000 : 3000;
  });
  flash_.set_fault(&watch);
  server_.offer(release_of("1.0.1", "healthy"));
  uint64_t longest_us = 0;
  uint64_t slowest_us = 0;
  while (!device_->delivered()) {
    operations_us = slow_us = 0;
    now_ms_ = std::max(now_ms_, device_->step(now_ms_));
    longest_us = std::max(longest_us, operations_us);
    slowest_us = std::max(slowest_us, slow_us);
  }
  RecordProperty("longest_step_ms", static_cast<int>(longest_us / 1000));
  RecordProperty("longest_step_at_its_slowest_ms", static_cast<int>(slowest_us / 1000));
  EXPECT_LE(longest_us, 260u * 1000);
  EXPECT_LE(slowest_us, 3000u * 1000) << "the task watchdog waits for 5 s";
}

TEST_F(Threat, threat_wrong_layout) {
  ManifestOptions options = options_of("1.0.1", 1);
  const std::vector<uint8_t> image = image_of("1.0.1", "healthy");
  options.layouts = {"0123456789abcdef"};
  EXPECT_EQ(told_of(signed_release(image, manifest_of(image, options))).error, Error::wrong_layout);
  EXPECT_TRUE(is_untouched());
  options.layouts.clear();
  options.min_slot_bytes = 0x1E0000 + 1;  // the slot's size, and a byte
  EXPECT_EQ(told_of(signed_release(image, manifest_of(image, options))).error,
            Error::slot_too_small);
  EXPECT_TRUE(is_untouched());
}

// Files that people have flashed by mistake, under the manifest of a right one.
TEST_F(Threat, threat_wrong_chip_binary) {
  const std::vector<uint8_t> image = image_of("1.0.1", "healthy");
  const std::string manifest = manifest_of(image, options_of("1.0.1", 1));
  std::vector<uint8_t> other_chip = image;
  other_chip[12] = 0;                               // an ESP32's
  std::vector<uint8_t> merged(image.size(), 0xFF);  // bootloader, table and application in one
  merged[0] = 0xE9;
  merged[1] = 3;
  std::vector<uint8_t> elf(image.size(), 0);
  memcpy(elf.data(),
         "\x7F"
         "ELF\x01\x01\x01",
         7);
  std::vector<uint8_t> page(image.size(), ' ');
  memcpy(page.data(), "<!DOCTYPE html>", 15);
  for (const auto& file : {other_chip, merged, elf, page, std::vector<uint8_t>(image.size(), 0)}) {
    ServedRelease release = signed_release(image, manifest);
    const std::vector<uint8_t> wrong = file;
    server_.faults.image = [&wrong](std::vector<uint8_t>& body) { body = wrong; };
    EXPECT_EQ(told_of(release).phase, Phase::failed) << log_;
    EXPECT_EQ(flash_.erase_count(second_slot() / kSectorSize), 0u) << log_;
    EXPECT_EQ(device_->running_index(), 0);
  }
}

// A release and the configuration that it belongs to: both or neither, wherever the power fails.
TEST_F(Threat, threat_mix_and_match) {
  const std::string document = "{\"version\":5,\"values\":{\"behaviour\":\"healthy\"}}";
  ManifestOptions options = options_of("1.0.1", 1);
  options.config_digest = to_hex(sha256(crypto_, as_bytes(Text(document))).value).characters;
  // Without its own configuration the new image would crash.
  const std::vector<uint8_t> image = image_of("1.0.1", "crash", kSmall);
  const ServedRelease release = signed_release(image, manifest_of(image, options));
  server_.configure(5, "{\"version\":5,\"values\":{}}");  // another one of the same version
  EXPECT_EQ(told_of(release).phase, Phase::failed) << log_;
  EXPECT_FALSE(logged("panic: reset"));

  server_.configure(5, document);
  uint64_t cuts = 0;
  for (bool is_over = false; !is_over; cuts += 3) {
    flash_ = NorFlash(4 * kMebibyte);
    write_factory_state(flash_, image_of("1.0.0", "healthy", kSmall));
    settings_ = MemorySettings();
    log_.clear();
    CutAtOperation cut(flash_.operation_count() + cuts, {PowerCut::torn, 100});
    flash_.set_fault(&cut);
    make_device();
    server_.offer(release);
    rest(kHour);
    flash_.set_fault(nullptr);
    is_over = flash_.has_power();
    device_->power_on();
    rest(kHour);
    ASSERT_EQ(device_->running_index(), 1) << cuts << log_;
    ASSERT_FALSE(logged("panic: reset")) << cuts << log_;
  }
  EXPECT_GT(cuts, 300u);
}

}  // namespace
}  // namespace otter::sim
