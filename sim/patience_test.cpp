// How a board waits: after failures, at the server's word, for a download that does not end.
#include "sim/update_fixture.h"

namespace otter::sim {
namespace {

class SameByteCrypto : public HostCrypto {
 public:
  Error random(MutableBytes out) override {
    memset(out.data, byte, out.size);
    return Error::ok;
  }
  uint8_t byte = 0;
};

class PatienceTest : public UpdateTest {
 protected:
  // Requests that reach the server within the next `for_ms`.
  size_t requests_in(uint64_t for_ms) {
    const size_t before = server_.requests.size();
    rest(for_ms);
    return server_.requests.size() - before;
  }
  size_t reports_sent() const {
    return static_cast<size_t>(
        std::count_if(server_.requests.begin(), server_.requests.end(),
                      [](const SeenRequest& seen) { return seen.target == "/firmware/report"; }));
  }
};

TEST_F(PatienceTest, ThePauseAfterFailuresDoublesUpToTheInterval) {
  server_.faults.status = 500;
  const size_t requests = requests_in(kHour);  // 5 s, 10 s, 20 s, 40 s, then the interval: 60 s
  EXPECT_GE(requests, 50u);
  EXPECT_LE(requests, 75u);
}

TEST_F(PatienceTest, ItNeverGivesUp) {
  server_.faults.status = 500;
  rest(30 * kDay);
  server_.faults.status = 0;
  EXPECT_EQ(outcome_of(release_of("1.0.1", "healthy")).phase, Phase::confirmed);
}

TEST_F(PatienceTest, ABusyServerIsLeftAloneForAsLongAsItAsks) {
  server_.faults.status = 503;
  server_.faults.retry_after_s = 1800;
  EXPECT_LE(requests_in(kHour), 3u);
}

TEST_F(PatienceTest, NoTwoBoardsWaitEquallyLong) {
  server_.faults.status = 500;
  std::vector<uint64_t> pauses;
  for (const int byte : {0, 128, 255}) {
    SameByteCrypto crypto;
    crypto.byte = static_cast<uint8_t>(byte);
    VirtualDevice device(config_, {flash_, crypto, settings_, [this] { return server_.connect(); },
                                   [](LogLevel, const std::string&) {}});
    uint64_t now_ms = 0;
    uint64_t wake_ms = 0;
    while (wake_ms < now_ms + 3000) wake_ms = device.step(now_ms = std::max(now_ms, wake_ms));
    pauses.push_back(wake_ms - now_ms);
  }
  EXPECT_EQ(pauses, (std::vector<uint64_t>{3750, 5000, 6240}));  // 5 s, a quarter either way
}

TEST_F(PatienceTest, TheServerSaysWhenItWantsToHearAgain) {
  server_.faults.statement = [](std::string& statement) {
    const std::string usual = "\"next_checkin_s\":60,";
    statement.replace(statement.find(usual), usual.size(), "\"next_checkin_s\":1800,");
  };
  rest(kHour);
  EXPECT_LE(requests_in(6 * kHour), 13u);
}

TEST_F(PatienceTest, ADownloadThatDoesNotEndIsReportedAndGoneOnWithLater) {
  config_.updater.download_deadline_s = 1;
  make_device();
  server_.faults.drop_image_after = 66000;
  const Delivered first = outcome_of(release_of("1.0.1", "healthy"));
  EXPECT_EQ(first.phase, Phase::failed);
  EXPECT_EQ(first.error, Error::network_closed);
  rest(kHour);
  EXPECT_EQ(device_->running_index(), 1) << log_;
}

TEST_F(PatienceTest, AReportThatTheServerRefusesIsNotSentAgain) {
  server_.faults.report_status = 400;
  server_.offer(release_of("1.0.1", "healthy"));
  rest(kDay);
  EXPECT_EQ(reports_sent(), 1u);
  EXPECT_TRUE(logged("Report refused by the server"));
  server_.faults.report_status = 0;
  server_.offer(release_of("1.0.2", "healthy", 2));
  rest(kHour);
  EXPECT_EQ(server_.reports.size(), 1u) << "the next one is heard";
}

}  // namespace
}  // namespace otter::sim
