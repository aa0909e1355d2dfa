// docs/threats.md: what somebody on the way, or in the server's place, may do.
#include "sim/network_fixture.h"
#include "sim/threat_fixture.h"

namespace otter::sim {
namespace {

// Boards of the exhaust campaign's stages behind a hostile network; each flash operation and each
// log line is checked (I7, I9).
const Stage& stage() {
  static const Stage made([] {
    StageOptions options;
    options.scenario = Scenario::retries;  // an image of two blocks
    options.past = Past::fresh;
    return options;
  }());
  return made;
}

const std::vector<SeenAnswer>& clean_answers() {
  static const std::vector<SeenAnswer> answers = [] {
    NetworkWorld clean(stage());
    EXPECT_TRUE(clean.arrives()) << clean.log;
    return clean.network.answers();
  }();
  return answers;
}

// The first answer to a target that begins so.
uint32_t answer_to(const std::string& target) {
  uint32_t number = 0;
  while (!clean_answers().at(number).target.starts_with(target)) ++number;
  return number;
}

constexpr char kCheckin[] = "/firmware/manifest";
constexpr char kImage[] = "/firmware/blob/";

// The release arrives in the end, and nothing that a checker looks at went wrong on the way.
void expect_arrival(const HostileFault& fault) {
  NetworkWorld world(stage(), fault);
  ASSERT_TRUE(world.arrives()) << text_of(fault) << "\n" << world.log;
  // An image whose length is not stated is not even read.
  const bool needs_reading = fault.kind == HostileKind::endless;
  EXPECT_TRUE(world.network.fired() || needs_reading) << text_of(fault);
  EXPECT_TRUE(world.holds_the_release()) << text_of(fault);
  EXPECT_EQ(world.findings, std::vector<std::string>()) << text_of(fault);
  EXPECT_FALSE(tells_a_secret(world)) << text_of(fault);
}

TEST_F(Threat, threat_endless_data) {
  for (const char* target : {kCheckin, kImage}) {
    const uint32_t response = answer_to(target);
    for (const uint32_t byte : {0u, 1u, 500u}) {
      expect_arrival({.kind = HostileKind::endless, .response = response, .byte = byte});
    }
    expect_arrival({.kind = HostileKind::wrong_length, .response = response});
    expect_arrival({.kind = HostileKind::redirect_loop, .response = response});
  }
  server_.faults.frame = [](std::vector<uint8_t>& frame) { frame.resize(1 << 20, 0x20); };
  EXPECT_TRUE(is_refused(release_of("1.0.1", "healthy"))) << log_;
}

TEST_F(Threat, threat_slow_retrieval) {
  NetworkWorld world(
      stage(),
      HostileFault{.kind = HostileKind::drip, .response = answer_to(kImage), .byte = 70000});
  ASSERT_TRUE(world.arrives()) << world.log;
  EXPECT_NE(world.log.find("Download stopped at byte 7"), std::string::npos) << world.log;
  EXPECT_LE(world.server.image_bytes_sent,
            world.stage.releases()[0].image.size() + 2 * kBlockSizeMin)
      << "what was proved is not fetched again";
}

TEST_F(Threat, threat_drop_request) {
  for (uint32_t number = 0; number < clean_answers().size(); ++number) {
    expect_arrival({.kind = HostileKind::drop, .response = number, .before_head = true});
  }
  server_.faults.connection = Error::network_unreachable;
  rest(kHour);
  const size_t attempts = count_in_log("failed: ");
  EXPECT_GE(attempts, 40u);
  EXPECT_LE(attempts, 80u) << "an attempt a minute";
  EXPECT_TRUE(is_untouched());
}

TEST_F(Threat, threat_malicious_mirror) {
  for (const MirrorKind kind : {MirrorKind::garbage, MirrorKind::missing, MirrorKind::slow}) {
    NetworkWorld world(stage());
    world.server.add_mirror("https://a.example", kind);
    world.server.add_mirror("https://b.example", MirrorKind::good);
    world.server.add_mirror("https://c.example", MirrorKind::good);
    ASSERT_TRUE(world.arrives()) << world.log;
    EXPECT_TRUE(world.holds_the_release());
    EXPECT_LE(world.server.mirror_bytes_sent["https://a.example"], 2 * kBlockSizeMin);
    EXPECT_EQ(world.findings, std::vector<std::string>());
  }
}

TEST_F(Threat, threat_eavesdrop) {
  ASSERT_EQ(told_of(release_of("1.0.1", "healthy")).phase, Phase::confirmed);
  std::vector<std::string> secrets = {"otk_shared"};
  for (const SeenRequest& request : server_.requests) {
    const auto key = request.headers.find("X-API-Key");
    if (key != request.headers.end()) secrets.push_back(key->second);
  }
  EXPECT_GT(secrets.size(), 3u);
  for (const std::string& secret : secrets) {
    EXPECT_FALSE(logged(secret));
    for (const SeenRequest& request : server_.requests) {
      EXPECT_EQ(request.target.find(secret), std::string::npos) << request.target;
      EXPECT_EQ(request.body.find(secret), std::string::npos) << request.body;
    }
  }
}

TEST_F(Threat, threat_net_redirect) {
  for (uint32_t number = 0; number < clean_answers().size(); ++number) {
    expect_arrival({.kind = HostileKind::redirect_elsewhere, .response = number});
  }
}

TEST_F(Threat, threat_api_key_to_cdn) {
  NetworkWorld world(stage(), HostileFault{.kind = HostileKind::redirect_elsewhere,
                                           .response = answer_to(kImage)});
  ASSERT_TRUE(world.arrives()) << world.log;
  ASSERT_FALSE(world.network.told_elsewhere().empty());
  for (const std::string& told : world.network.told_elsewhere()) {
    EXPECT_EQ(told.find("X-API-Key"), std::string::npos) << told;
    EXPECT_EQ(told.find(kDeviceFactsHeader), std::string::npos) << told;
  }
}

// A man in the middle whom TLS did not keep out: of every answer but the one that brings the
// device's own key, any byte, and the whole answer replayed.
TEST_F(Threat, threat_net_onpath) {
  for (uint32_t number = 1; number < clean_answers().size(); ++number) {
    const uint64_t size = clean_answers()[number].body_bytes;
    for (uint32_t byte = 0; byte < size; byte += static_cast<uint32_t>(size / 12 + 1)) {
      expect_arrival({.kind = HostileKind::flip, .response = number, .byte = byte});
    }
    if (!clean_answers()[number].was_seen_before) continue;
    expect_arrival({.kind = HostileKind::replay, .response = number});
  }
}

TEST_F(Threat, threat_tls_mitm) {
  server_.identity.anchor = "YW5vdGhlcg==";  // another authority's certificate for the right host
  server_.offer(release_of("1.0.1", "healthy"));
  rest(kDay);
  EXPECT_TRUE(is_untouched());
  EXPECT_TRUE(server_.requests.empty()) << "not even a request is sent";
}

// The engine has no clock of its own: the only time that counts is an authenticated answer's.
TEST_F(Threat, threat_time_not_set) {
  for (const char* time : {"\"time\":0", "\"time\":4070908800"}) {  // 1970, 2099
    server_.faults.statement = [time](std::string& statement) {
      statement.replace(statement.find("\"time\":1790000000"), 17, time);
    };
    static uint64_t sequence = 0;
    ++sequence;
    const std::string version = "1.0." + std::to_string(sequence);
    EXPECT_EQ(told_of(release_of(version, "healthy", sequence)).phase, Phase::confirmed) << time;
  }
  server_.faults.statement = nullptr;  // and back from 2099
  ManifestOptions options = options_of("1.0.3", 3);
  options.expires_s = 2000000000;
  const std::vector<uint8_t> image = image_of("1.0.3", "healthy");
  EXPECT_EQ(told_of(signed_release(image, manifest_of(image, options))).error, Error::expired);
}

// A server that comes back after an outage finds its boards spread over the time.
TEST_F(Threat, threat_repository_dos) {
  constexpr size_t kBoards = 2000;
  constexpr uint64_t kOutage = 20 * 60 * 1000;  // [ms]
  struct Board {
    NorFlash flash;
    MemorySettings settings;
    std::unique_ptr<VirtualDevice> device;
    uint64_t wake_ms = 0;
  };
  std::vector<Board> boards;
  boards.reserve(kBoards);
  for (size_t i = 0; i < kBoards; ++i) {
    Board& board = boards.emplace_back(Board{flash_.fork(), {}, nullptr});
    VirtualDevicePorts ports{board.flash, crypto_, board.settings,
                             [this] { return server_.connect(); },
                             [](LogLevel, const std::string&) {}};
    board.device = std::make_unique<VirtualDevice>(config_, std::move(ports));
  }
  server_.faults.status = 503;
  std::map<uint64_t, size_t> requests_by_second;
  for (uint64_t now_ms = 0; now_ms < kOutage + 60 * 1000; now_ms += 100) {
    if (now_ms == kOutage) server_.faults.status = 0;
    const size_t before = server_.requests.size();
    for (Board& board : boards) {
      if (board.wake_ms <= now_ms) board.wake_ms = board.device->step(now_ms);
    }
    if (now_ms >= kOutage) requests_by_second[now_ms / 1000] += server_.requests.size() - before;
    if (now_ms < kOutage) server_.requests.clear();
  }
  size_t peak = 0;
  size_t all = 0;
  for (const auto& [second, requests] : requests_by_second) {
    peak = std::max(peak, requests);
    all += requests;
  }
  EXPECT_GE(all, kBoards) << "they all come back";
  EXPECT_LE(peak, kBoards / 10);
}

}  // namespace
}  // namespace otter::sim
