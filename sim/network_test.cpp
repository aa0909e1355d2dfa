// Whole updates over a network that spoils one answer: whatever it does, the release arrives.
#include "sim/network_fixture.h"

namespace otter::sim {
namespace {

StageOptions options_of(Scenario scenario) {
  StageOptions options;
  options.scenario = scenario;
  options.past = Past::fresh;
  return options;
}

// One image of 12 KiB.
const Stage& small_stage() {
  static const Stage stage(options_of(Scenario::full));
  return stage;
}
// One image of two blocks.
const Stage& large_stage() {
  static const Stage stage(options_of(Scenario::retries));
  return stage;
}

// A connection that drops behind the first block makes the second request one with a range.
void drop_once(NetworkWorld& world) { world.server.faults.drop_image_after = 66000; }

std::vector<HostileFault> faults_of(const Stage& stage, bool with_ranges) {
  NetworkWorld clean(stage);
  if (with_ranges) drop_once(clean);
  EXPECT_TRUE(clean.arrives()) << clean.log;
  return enumerate_faults(clean.network.answers());
}

// Only TLS protects the first answer, which brings the device its key: nothing could tell a key
// with a flipped bit from the true one.
bool is_for_tls(const HostileFault& fault) {
  return fault.kind == HostileKind::flip && fault.response == 0;
}

class HostileTest : public testing::TestWithParam<HostileKind> {
 protected:
  // Every `stride`-th of the faults of this kind.
  void expect_arrival(const Stage& stage, bool with_ranges, size_t stride) {
    size_t tried = 0;
    size_t fired = 0;
    for (const HostileFault& fault : faults_of(stage, with_ranges)) {
      if (fault.kind != GetParam() || is_for_tls(fault)) continue;
      if (tried++ % stride != 0) continue;
      NetworkWorld world(stage, fault);
      if (with_ranges) drop_once(world);
      ASSERT_TRUE(world.arrives()) << text_of(fault) << "\n" << world.log;
      EXPECT_TRUE(world.holds_the_release()) << text_of(fault);
      EXPECT_EQ(world.findings, std::vector<std::string>()) << text_of(fault);
      EXPECT_FALSE(tells_a_secret(world)) << text_of(fault);
      fired += world.network.fired() ? 1 : 0;
    }
    EXPECT_GT(fired, 0u);
  }
};

class SmallUpdate : public HostileTest {};
class UpdateInParts : public HostileTest {};
class SpoiltHead : public HostileTest {};
class SpoiltRange : public HostileTest {};

TEST_P(SmallUpdate, ArrivesInTheEnd) { expect_arrival(small_stage(), false, 29); }
TEST_P(UpdateInParts, ArrivesInTheEnd) { expect_arrival(large_stage(), true, 61); }
TEST_P(SpoiltHead, ArrivesInTheEnd) { expect_arrival(small_stage(), false, 1); }
TEST_P(SpoiltRange, ArrivesInTheEnd) { expect_arrival(large_stage(), true, 1); }

std::string kind_name(const testing::TestParamInfo<HostileKind>& info) { return name(info.param); }

constexpr HostileKind kBodyKinds[] = {
    HostileKind::drop,    HostileKind::stall, HostileKind::duplicate, HostileKind::truncate,
    HostileKind::endless, HostileKind::drip,  HostileKind::flip};
constexpr HostileKind kHeadKinds[] = {HostileKind::changed_etag,       HostileKind::gzip,
                                      HostileKind::wrong_length,       HostileKind::redirect_loop,
                                      HostileKind::redirect_elsewhere, HostileKind::replay};
INSTANTIATE_TEST_SUITE_P(EachKind, SmallUpdate, testing::ValuesIn(kBodyKinds), kind_name);
INSTANTIATE_TEST_SUITE_P(EachKind, UpdateInParts, testing::ValuesIn(kBodyKinds), kind_name);
INSTANTIATE_TEST_SUITE_P(EachKind, SpoiltHead, testing::ValuesIn(kHeadKinds), kind_name);
INSTANTIATE_TEST_SUITE_P(EachKind, SpoiltRange, testing::ValuesIn(kHeadKinds), kind_name);
INSTANTIATE_TEST_SUITE_P(WholeFile, SpoiltRange, testing::Values(HostileKind::whole_file),
                         kind_name);

class MirrorTest : public testing::TestWithParam<MirrorKind> {};

TEST_P(MirrorTest, OneOfThreeThatMisbehavesCostsLittle) {
  NetworkWorld world(large_stage());
  world.server.add_mirror("https://a.example", GetParam());
  world.server.add_mirror("https://b.example", MirrorKind::good);
  world.server.add_mirror("http://c.example", MirrorKind::good);
  ASSERT_TRUE(world.arrives()) << world.log;
  EXPECT_TRUE(world.holds_the_release());
  EXPECT_EQ(world.server.image_bytes_sent, 0u);
  EXPECT_LE(world.server.mirror_bytes_sent["https://a.example"],
            world.stage.releases()[0].image.size());
  EXPECT_FALSE(tells_a_secret(world));
}

INSTANTIATE_TEST_SUITE_P(EachKind, MirrorTest,
                         testing::Values(MirrorKind::good, MirrorKind::garbage, MirrorKind::missing,
                                         MirrorKind::slow));

class BadMirrorTest : public testing::TestWithParam<MirrorKind> {};

TEST_P(BadMirrorTest, AloneLeavesItToTheServer) {
  NetworkWorld world(large_stage());
  world.server.add_mirror("https://a.example", GetParam());
  ASSERT_TRUE(world.arrives()) << world.log;
  EXPECT_GT(world.server.image_bytes_sent, 0u);
}

INSTANTIATE_TEST_SUITE_P(EachKind, BadMirrorTest,
                         testing::Values(MirrorKind::garbage, MirrorKind::missing,
                                         MirrorKind::slow));

TEST(Network, TellsAnUntrustedServerNoSecret) {
  NetworkWorld world(small_stage());
  world.server.identity.anchor = "c3RyYW5nZXI=";
  EXPECT_FALSE(world.arrives());
  for (const SeenRequest& request : world.server.requests) {
    EXPECT_FALSE(request.verify_peer);
    EXPECT_EQ(request.headers.count("X-API-Key"), 0u);
  }
}

TEST(Network, TheSameFaultGivesTheSameEnd) {
  const HostileFault fault{.kind = HostileKind::stall, .response = 2, .byte = 700};
  NetworkWorld first(small_stage(), fault);
  NetworkWorld second(small_stage(), fault);
  EXPECT_TRUE(first.arrives());
  EXPECT_TRUE(second.arrives());
  EXPECT_EQ(first.clock.now_ms(), second.clock.now_ms());
  EXPECT_EQ(first.log, second.log);
}

}  // namespace
}  // namespace otter::sim
