// docs/threats.md: what needs no whole board. The rest: sim/threat_*_test.cpp.
#include <gtest/gtest.h>

#include <random>

#include "device/test/engine_bench.h"

namespace otter {
namespace {

class Threat : public testing::Test, protected EngineBench {
 protected:
  // The slot that the bootloader would start by otadata alone; -1: none.
  int booted() const {
    MemoryFlash copy = board.boot_data;
    copy.power_on();
    const Otadata otadata = BootControl(copy, 2).read().value;
    const int active = otadata.active();
    return active < 0 ? -1 : otadata_slot(otadata.entries[active].sequence, 2);
  }
};

// Somebody plays an old, valid answer back for sixty days.
TEST_F(Threat, threat_freeze) {
  config.check_interval_s = 3600;
  server.faults.statement = [](std::string& statement) {
    const std::string usual = "\"next_checkin_s\":60,";
    statement.replace(statement.find(usual), usual.size(), "\"next_checkin_s\":3600,");
  };
  ASSERT_EQ(boot(ResetReason::power_on), Error::ok);
  std::vector<uint8_t> captured;
  server.faults.frame = [&captured](std::vector<uint8_t>& frame) {
    if (captured.empty()) captured = frame;
    frame = captured;
  };
  rest(3600 * 1000);
  ASSERT_FALSE(captured.empty());
  EXPECT_FALSE(updater().is_stale());
  server.offer(release_of(recipe_of("1.0.1"), 1));
  const uint64_t day_ms = 24 * 3600 * 1000;
  rest(13 * day_ms);
  EXPECT_FALSE(updater().is_stale());
  rest(47 * day_ms);
  EXPECT_TRUE(updater().is_stale()) << "two weeks without a fresh word";
  EXPECT_EQ(server.image_bytes_sent, 0u);
  server.faults.frame = nullptr;
  rest(day_ms / 2);
  EXPECT_FALSE(updater().is_stale());
  EXPECT_EQ(board.restarts, 1) << "and the update arrives";
}

// The chip has programmed each bit of a write with some probability when the power fails.
TEST_F(Threat, threat_torn_otadata) {
  std::mt19937 random(1);
  int switched = 0;
  int kept = 0;
  for (int i = 0; i < 3000; ++i) {
    board.boot_data = MemoryFlash(2 * kSectorSize);
    put_entry(0, 1, OtaState::valid);
    put_entry(1, static_cast<uint32_t>(2 * (random() % 3)), OtaState::aborted);
    const double biases[] = {0.5, 0.9, 0.99};
    std::bernoulli_distribution is_done(biases[i % 3]);
    const int torn_operation = i % 4;
    std::vector<uint8_t> before = board.boot_data.bytes;
    int operation = 0;
    board.boot_data.wear = [&] {
      std::vector<uint8_t>& now = board.boot_data.bytes;
      for (size_t at = 0; operation == torn_operation && at < now.size(); ++at) {
        for (int bit = 0; now[at] != before[at] && bit < 8; ++bit) {
          const uint8_t mask = static_cast<uint8_t>(1 << bit);
          const bool differs = ((now[at] ^ before[at]) & mask) != 0;
          if (differs && !is_done(random)) now[at] ^= mask;
        }
      }
      before = now;
      ++operation;
    };
    board.boot_data.cut_at(torn_operation, SIZE_MAX);
    const Error error = BootControl(board.boot_data, 2).stage(1);
    EXPECT_EQ(error, torn_operation < 3 ? Error::flash_io : Error::ok);
    board.boot_data.wear = nullptr;
    board.boot_data.power_on();
    const Otadata otadata = BootControl(board.boot_data, 2).read().value;
    ASSERT_NE(booted(), -1) << i;
    const OtadataEntry& followed = otadata.entries[otadata.active()];
    ASSERT_EQ(followed.state, booted() == 1 ? OtaState::fresh : OtaState::valid) << i;
    (booted() == 1 ? switched : kept) += 1;
  }
  EXPECT_GT(switched, 500);
  EXPECT_GT(kept, 1500);
}

// Only the image on trial can confirm itself; nothing else ever changes a trial.
TEST_F(Threat, threat_confirm_before_reboot) {
  for (const OtaState other : {OtaState::fresh, OtaState::pending_verify, OtaState::valid,
                               OtaState::invalid, OtaState::aborted}) {
    for (const bool other_leads : {false, true}) {
      put_entry(0, other_leads ? 1 : 3, OtaState::valid);
      put_entry(1, 2, other);
      const std::vector<uint8_t> before = board.boot_data.bytes;
      EXPECT_EQ(BootControl(board.boot_data, 2).confirm(0), Error::not_in_trial);
      EXPECT_EQ(board.boot_data.bytes, before) << "slot 0 runs, and says that slot 1 is good";
    }
  }
  put_entry(0, 1, OtaState::valid);
  put_entry(1, 2, OtaState::pending_verify);
  EXPECT_EQ(BootControl(board.boot_data, 2).confirm(1), Error::ok);
}

// A board that says which of its doors stand open.
TEST_F(Threat, threat_uart_jtag) {
  board.known.jtag_enabled = Known::yes;
  board.known.secure_boot = Known::no;
  board.known.flash_encryption = Known::no;
  server.offer(release_of(recipe_of("1.0.1"), 1));
  ASSERT_EQ(boot(ResetReason::power_on), Error::ok);
  ASSERT_TRUE(run_to_report(1)) << board.lines;
  for (const char* part :
       {"\"jtag\":\"yes\"", "\"secure_boot\":\"no\"", "\"flash_encryption\":\"no\""}) {
    EXPECT_NE(last_report().find(part), std::string::npos) << last_report();
  }
}

// The chip is disturbed while it judges a signature: once is not enough.
TEST_F(Threat, threat_fault_injection) {
  sim::ServedRelease release = release_of(recipe_of("1.0.1"), 1);
  release.envelope.signatures[0].signature[40] ^= 1;
  server.offer(release);
  ASSERT_EQ(boot(ResetReason::power_on), Error::ok);
  crypto.forged_verdicts = 1;
  ASSERT_TRUE(run_to_report(1)) << board.lines;
  EXPECT_TRUE(logged("Firmware written successfully")) << "the first verdict was believed";
  EXPECT_NE(last_report().find("bad_signature"), std::string::npos) << last_report();
  EXPECT_EQ(booted(), 0);
  crypto.forged_verdicts = 2;
  rest(10 * 60 * 1000);
  EXPECT_EQ(booted(), 1) << "two forged verdicts, each in its moment, are";
}

}  // namespace
}  // namespace otter
