// docs/threats.md: what a trial decides of an image, good or bad, and what it can't see.
#include "sim/threat_fixture.h"

namespace otter::sim {
namespace {

class TrialThreat : public Threat {
 protected:
  // Starts the board anew; the release is on trial then, for not a moment yet.
  void begin_trial(const ServedRelease& release) {
    make_device();
    log_.clear();
    server_.offer(release);
    run_to("Trial of version " + release.version);
  }
  void reset_after(uint64_t uptime_ms, ResetReason reason) {
    rest(uptime_ms);
    log_.clear();
    device_->reset(now_ms_, reason);
  }
  Delivered told_in_the_end() {
    EXPECT_TRUE(run()) << log_;
    return device_->delivered().value_or(Delivered());
  }
  void expect_rollback(Error reason) {
    const Delivered told = told_in_the_end();
    EXPECT_EQ(told.phase, Phase::rolled_back) << log_;
    EXPECT_EQ(told.error, reason) << log_;
    EXPECT_EQ(device_->running_index(), 0) << log_;
  }
  Delivered told_after_an_hour_without_network(const ServedRelease& release) {
    begin_trial(release);
    has_network_ = false;
    rest(kHour);
    has_network_ = true;
    return told_in_the_end();
  }
};

TEST_F(TrialThreat, threat_selftest_false_positive) {
  uint64_t sequence = 0;
  for (const char* behaviour : {"crash", "hang", "selftest-fail", "no-network"}) {
    const std::string version = "1.0." + std::to_string(++sequence);
    const Delivered told = told_of(release_of(version, behaviour, sequence));
    EXPECT_EQ(told.phase, Phase::rolled_back) << behaviour << log_;
    EXPECT_EQ(device_->running_index(), 0) << behaviour;
  }
  // A network that is up, and no server behind it.
  log_.clear();
  make_device();
  server_.offer(release_of("1.0.9", "healthy", 9));
  run_to("Trial of version 1.0.9");
  server_.faults.connection = Error::network_timeout;
  run_to("Rolled back from 1.0.9");
  server_.faults.connection = Error::ok;
  EXPECT_TRUE(run());
  EXPECT_EQ(device_->delivered()->error, Error::no_contact);
}

// The engine is at work until then, or it never is.
TEST_F(TrialThreat, ACrashFiveSecondsAfterTheStartConvicts) {
  begin_trial(release_of("1.0.1", "healthy"));
  reset_after(5000, ResetReason::panic);
  expect_rollback(Error::crashed);
  config_.crash_after_ms = 5000;
  begin_trial(release_of("1.0.2", "crash", 2));
  expect_rollback(Error::crashed);
}

TEST_F(TrialThreat, AHeapThatRunsDownConvicts) {
  begin_trial(release_of("1.0.1", "healthy"));
  Diagnostics diagnostics;
  for (const uint32_t left : {44000u, 34000u, 24000u, 14000u, 4000u}) {  // each second
    EXPECT_FALSE(logged("Rolling back")) << left << log_;
    diagnostics.heap_low_water_bytes = left;
    device_->set_diagnostics(diagnostics);
    rest(1000);
  }
  expect_rollback(Error::low_memory);
}

TEST_F(TrialThreat, AnImageThatDoesNotTrustTheServersCertificateGoesBack) {
  make_device();
  server_.offer(release_of("1.0.1", "healthy"));
  run_to("Rebooting to new firmware");
  connect_options_.trust.anchor = "YW5vdGhlcg==";  // is all that the new image knows
  run_to("Server contact: tls_untrusted");
  run_to("Rolling back: no_contact");
  connect_options_ = ConnectOptions();
  expect_rollback(Error::no_contact);
}

// Behind the confirmation, and too seldom for the boot-loop counter: the board stays, says so with
// each check-in, and takes the next release.
TEST_F(TrialThreat, ACrashFiveMinutesAfterEachStartIsSeenByTheServerAlone) {
  ASSERT_EQ(told_of(release_of("1.0.1", "unstable")).phase, Phase::confirmed) << log_;
  log_.clear();
  rest(2 * kHour);
  EXPECT_GE(count_in_log("panic: reset"), 20u);
  EXPECT_FALSE(logged("thermostat 1.0.0 starts")) << log_;
  EXPECT_EQ(server_.last_checkin->health.reset_reason, ResetReason::panic);
  EXPECT_EQ(told_of(release_of("1.0.2", "healthy", 2)).phase, Phase::confirmed) << log_;
}

TEST_F(TrialThreat, threat_selftest_false_negative) {
  server_.offer(release_of("1.0.1", "healthy"));
  run_to("Trial of version 1.0.1");
  for (int i = 0; i < 2; ++i) {  // somebody pulls the plug
    log_.clear();
    device_->power_on();
    run_to("Trial of version 1.0.1");
  }
  server_.faults.connection = Error::network_timeout;  // the router is down for some minutes
  rest(5 * 60 * 1000);
  server_.faults.connection = Error::ok;
  ASSERT_TRUE(run());
  EXPECT_EQ(device_->delivered()->phase, Phase::confirmed) << log_;
}

TEST_F(TrialThreat, ARouterThatIsDownFor25MinutesCostsNothing) {
  begin_trial(release_of("1.0.1", "healthy"));
  has_network_ = false;
  rest(25 * kMinute);
  has_network_ = true;
  EXPECT_EQ(told_in_the_end().phase, Phase::confirmed) << log_;
}

TEST_F(TrialThreat, ARouterThatIsDownForAnHourCostsTheReleaseUnlessTheCeilingIsHigher) {
  const Delivered told = told_after_an_hour_without_network(release_of("1.0.1", "healthy"));
  EXPECT_EQ(told.phase, Phase::rolled_back) << log_;
  EXPECT_EQ(told.error, Error::no_network);
  config_.updater.trial_ceiling_s = 2 * 3600;
  EXPECT_EQ(told_after_an_hour_without_network(release_of("1.0.2", "healthy", 2)).phase,
            Phase::confirmed)
      << log_;
}

TEST_F(TrialThreat, TwoSleepsOrRestartsOfTheApplicationsOwnProveNothing) {
  uint64_t sequence = 0;
  for (const ResetReason reason : {ResetReason::deep_sleep, ResetReason::software}) {
    const std::string version = "1.0." + std::to_string(++sequence);
    begin_trial(release_of(version, "healthy", sequence));
    for (int i = 0; i < 2; ++i) {
      reset_after(5000, reason);
      run_to("Trial of version " + version);
    }
    EXPECT_EQ(told_in_the_end().phase, Phase::confirmed) << log_;
  }
}

TEST_F(TrialThreat, ABoardThatSleepsAfter40SecondsConfirmsInItsFirstWake) {
  begin_trial(release_of("1.0.1", "healthy"));
  reset_after(40 * 1000, ResetReason::deep_sleep);
  rest(kMinute);
  EXPECT_EQ(device_->running_index(), 1) << log_;
  EXPECT_FALSE(logged("cut short")) << log_;
}

// It never was up for the ten seconds that a confirmation takes.
TEST_F(TrialThreat, ThreeSleepsBeforeTheConfirmationCostTheRelease) {
  const ServedRelease release = release_of("1.0.1", "healthy");
  begin_trial(release);
  for (int i = 0; i < 3; ++i) {
    reset_after(5000, ResetReason::deep_sleep);
    if (i < 2) run_to("Trial of version");
  }
  expect_rollback(Error::trial_interrupted);
  const uint64_t sent = server_.image_bytes_sent;
  rest(kHour);
  EXPECT_EQ(server_.image_bytes_sent, sent) << "nor is it taken again";
}

}  // namespace
}  // namespace otter::sim
