// What a board refuses because of what it has been, or was built to be: sequences and time. Of
// security versions: device/test/updater_test.cpp.
#include "sim/update_fixture.h"

namespace otter::sim {
namespace {

constexpr int64_t kServerTime = 1790000000;  // the scripted server's

ServedRelease release_until(const std::string& version, uint64_t sequence, int64_t expires_s) {
  ServedRelease release = release_of(version, "healthy", sequence);
  ManifestOptions options;
  options.product = kProduct;
  options.sequence = sequence;
  options.version = version;
  options.created_s = 1;
  options.expires_s = expires_s;
  release.envelope = sign_manifest(
      build_manifest(inspect_image(release.image), release.image, options), release_key());
  return release;
}

class FloorTest : public UpdateTest {
 protected:
  FloorTest() { server_.faults.offers_always = true; }
  // What the server is told of a release.
  Delivered told_of(const ServedRelease& release) {
    make_device();
    return outcome_of(release);
  }
  void set_server_time(int64_t time_s) {
    server_.faults.statement = [time_s](std::string& statement) {
      const std::string usual = "\"time\":" + std::to_string(kServerTime);
      statement.replace(statement.find(usual), usual.size(), "\"time\":" + std::to_string(time_s));
    };
  }
};

TEST_F(FloorTest, NoReleaseIsTakenTwice) {
  EXPECT_EQ(told_of(release_of("1.0.1", "healthy", 7)).phase, Phase::confirmed);
  EXPECT_EQ(told_of(release_of("1.0.2", "healthy", 7)).error, Error::old_sequence);
  EXPECT_EQ(told_of(release_of("1.0.3", "healthy", 6)).error, Error::old_sequence);
}

TEST_F(FloorTest, ARefusalIsToldOnceInABoot) {
  EXPECT_EQ(told_of(release_of("1.0.1", "healthy", 7)).phase, Phase::confirmed);
  EXPECT_EQ(told_of(release_of("1.0.2", "healthy", 7)).error, Error::old_sequence);
  const size_t reports = server_.reports.size();
  const uint64_t operations = flash_.operation_count();
  rest(kDay);
  EXPECT_EQ(server_.reports.size(), reports);
  EXPECT_EQ(flash_.operation_count(), operations) << "each would be two records in the journal";
}

TEST_F(FloorTest, ASequenceFarAheadWouldUseUpAllOfThem) {
  const uint64_t jump = uint64_t{1} << 20;
  EXPECT_EQ(told_of(release_of("1.0.1", "healthy", 5)).phase, Phase::confirmed);
  EXPECT_EQ(told_of(release_of("1.0.2", "healthy", 5 + jump + 1)).error, Error::sequence_jump);
  EXPECT_EQ(told_of(release_of("1.0.3", "healthy", 5 + jump)).phase, Phase::confirmed);
}

TEST_F(FloorTest, TheCompiledInSequenceHoldsWithoutAJournal) {
  config_.updater.sequence_floor = 5;
  EXPECT_EQ(told_of(release_of("1.0.1", "healthy", 5)).error, Error::old_sequence);
  EXPECT_EQ(told_of(release_of("1.0.2", "healthy", 6)).phase, Phase::confirmed);
}

TEST_F(FloorTest, AReleaseThatFailedLeavesRoomBelowIt) {
  EXPECT_EQ(told_of(release_of("1.0.1", "selftest-fail", 5)).phase, Phase::rolled_back);
  EXPECT_EQ(told_of(release_of("1.0.2", "healthy", 3)).phase, Phase::confirmed) << log_;
}

TEST_F(FloorTest, AnExpiredReleaseIsRefused) {
  EXPECT_EQ(told_of(release_until("1.0.1", 1, kServerTime)).error, Error::expired);
  EXPECT_EQ(told_of(release_until("1.0.2", 2, kServerTime + 1)).phase, Phase::confirmed);
}

TEST_F(FloorTest, AServerWhoseClockGoesBackBringsNoExpiredReleaseBack) {
  set_server_time(kServerTime + 1000);
  EXPECT_EQ(told_of(release_of("1.0.1", "healthy", 1)).phase, Phase::confirmed);
  set_server_time(kServerTime);
  EXPECT_EQ(told_of(release_until("1.0.2", 2, kServerTime + 500)).error, Error::expired);
}

TEST_F(FloorTest, NorOneThatGoesBackWithoutARebootInBetween) {
  set_server_time(kServerTime + 1000);
  rest(kHour);
  set_server_time(kServerTime);
  EXPECT_EQ(outcome_of(release_until("1.0.1", 1, kServerTime + 500)).error, Error::expired);
}

}  // namespace
}  // namespace otter::sim
