#include "ota/manual_updater.h"

#include <gtest/gtest.h>

#include "device/test/engine_bench.h"

namespace otter {
namespace {

class BenchClock : public Clock {
 public:
  explicit BenchClock(EngineBench& bench) : bench_(bench) {}
  uint64_t now_ms() override { return bench_.now_ms; }
  void sleep_ms(uint64_t duration_ms) override { bench_.now_ms += duration_ms; }

 private:
  EngineBench& bench_;
};

class ManualUpdaterTest : public testing::Test {
 protected:
  void start() { start(ResetReason::power_on); }
  void start(ResetReason reason) {
    ASSERT_EQ(bench_.boot(reason), Error::ok);
    manual_.emplace(bench_.updater(), bench_.config, bench_.ports(), clock_);
  }
  void offer(const std::string& version, uint64_t sequence = 7) {
    release_ = bench_.release_of(EngineBench::recipe_of(version), sequence);
    bench_.server.offer(release_);
  }
  std::string sha256_hex() {
    const Digest digest = sha256(bench_.crypto, release_.image).value;
    return std::string(to_hex(digest).characters, kDigestHexSize);
  }
  std::string hmac_hex(const std::string& secret) {
    const Digest digest = hmac_sha256(bench_.crypto, as_bytes(Text(secret)), release_.image).value;
    return std::string(to_hex(digest).characters, kDigestHexSize);
  }

  // As the engine: its ports expect that.
  template <typename Work>
  bool ask(Work&& work) {
    bool answer = false;
    bench_.guard.stack.inside([&] { answer = work(*manual_); });
    return answer;
  }
  bool check() {
    return ask([](ManualUpdater& manual) { return manual.check_for_updates(); });
  }
  bool install() {
    return ask([](ManualUpdater& manual) { return manual.download_and_install_update(); });
  }
  bool chunk(uint32_t offset, uint32_t size) {
    return ask([&](ManualUpdater& manual) { return manual.download_chunk(offset, size); });
  }
  bool verify(const std::string& sha256, const std::string& hmac) {
    return ask([&](ManualUpdater& manual) { return manual.verify_firmware(sha256, hmac); });
  }
  bool roll_back() {
    return ask([](ManualUpdater& manual) { return manual.roll_back(); });
  }
  bool is_server_trusted() {
    return ask([](ManualUpdater& manual) { return manual.validate_server_certificate(); });
  }

  EngineBench bench_;
  BenchClock clock_{bench_};
  sim::ServedRelease release_;
  std::optional<ManualUpdater> manual_;
};

TEST_F(ManualUpdaterTest, FindsNothingWhereThereIsNothing) {
  start();
  EXPECT_FALSE(check());
  EXPECT_FALSE(install());
  EXPECT_TRUE(bench_.logged("check for updates first"));
  EXPECT_FALSE(chunk(0, 4096));
  EXPECT_FALSE(verify("", ""));
}

TEST_F(ManualUpdaterTest, ChecksInstallsAndConfirms) {
  start();
  offer("1.0.1");
  ASSERT_TRUE(check());
  EXPECT_EQ(string_of(bench_.updater().offered_version()), "1.0.1");
  EXPECT_TRUE(check()) << "asked again it is still there";
  ASSERT_TRUE(install());
  EXPECT_EQ(bench_.board.restarts, 1);
  bench_.follow_otadata();
  ASSERT_EQ(bench_.board.running, 1);
  start(ResetReason::software);
  EXPECT_FALSE(check()) << "after the trial there is nothing newer";
  EXPECT_NE(bench_.last_report().find("\"phase\":\"confirmed\""), std::string::npos);
}

TEST_F(ManualUpdaterTest, SaysWhenTheNetworkIsDown) {
  start();
  offer("1.0.1");
  bench_.application.is_up = false;
  EXPECT_FALSE(check());
  EXPECT_TRUE(bench_.logged("the network is down"));
  bench_.application.is_up = true;
  EXPECT_TRUE(check());
}

TEST_F(ManualUpdaterTest, GivesUpWhatDoesNotFit) {
  start();
  ImageRecipe recipe = EngineBench::recipe_of("1.0.1");
  recipe.size_bytes = kSlotSize + kSectorSize;
  bench_.server.offer(bench_.release_of(recipe, 7));
  EXPECT_FALSE(check());
  EXPECT_NE(bench_.last_report().find("slot_too_small"), std::string::npos);
}

TEST_F(ManualUpdaterTest, DownloadsInChunks) {
  start();
  offer("1.0.1");
  EXPECT_FALSE(chunk(0, 1000)) << "not offered yet";
  ASSERT_TRUE(check());
  EXPECT_FALSE(chunk(8192, 1000)) << "there is a gap";
  const uint32_t size = bench_.updater().image_size_bytes();
  ASSERT_EQ(size, release_.image.size());
  for (uint32_t offset = 0; offset < size; offset += 10000) {
    ASSERT_TRUE(chunk(offset, 10000)) << offset;
    EXPECT_GE(bench_.updater().downloaded_bytes(), std::min(offset + 10000, size));
  }
  EXPECT_EQ(bench_.updater().downloaded_bytes(), size);
  EXPECT_TRUE(verify(sha256_hex(), ""));
  EXPECT_EQ(bench_.board.restarts, 0) << "only when it is told to";
  EXPECT_TRUE(install());
}

TEST_F(ManualUpdaterTest, ComparesWithTheHashesThatItIsGiven) {
  const std::string secret = "shared";
  bench_.config.hmac_secret = as_bytes(Text(secret));
  start();
  offer("1.0.1");
  ASSERT_TRUE(check());
  std::string wrong = sha256_hex();
  wrong[0] = wrong[0] == '0' ? '1' : '0';
  EXPECT_FALSE(verify(wrong, ""));
  EXPECT_TRUE(bench_.logged("SHA256 verification: FAILED"));
  EXPECT_FALSE(verify(sha256_hex(), hmac_hex("guessed")));
  EXPECT_TRUE(bench_.logged("HMAC verification: FAILED"));
  EXPECT_FALSE(verify("", ""));
  EXPECT_FALSE(verify(wrong, hmac_hex(secret)));
  EXPECT_TRUE(verify(sha256_hex(), hmac_hex(secret)));
  EXPECT_TRUE(bench_.logged("HMAC verification: PASSED"));
  bench_.board.slots[1].bytes[5000] ^= 1;
  EXPECT_FALSE(verify(sha256_hex(), hmac_hex(secret))) << "it reads flash";
}

TEST_F(ManualUpdaterTest, WithoutASecretNoHmacHolds) {
  start();
  offer("1.0.1");
  ASSERT_TRUE(check());
  EXPECT_FALSE(verify(sha256_hex(), hmac_hex("")));
}

TEST_F(ManualUpdaterTest, GoesBackToTheImageFromBefore) {
  bench_.put_image(1, "0.9.0");
  bench_.put_entry(0, 3, OtaState::valid);
  bench_.put_entry(1, 2, OtaState::valid);
  start();
  ASSERT_TRUE(roll_back());
  EXPECT_EQ(bench_.board.restarts, 1);
  bench_.follow_otadata();
  EXPECT_EQ(bench_.board.running, 1);
  start(ResetReason::software);
  check();
  EXPECT_NE(bench_.last_report().find("by_application"), std::string::npos);
}

TEST_F(ManualUpdaterTest, DoesNotGoBackInTheMidstOfAnUpdate) {
  bench_.put_image(1, "0.9.0");
  bench_.put_entry(0, 3, OtaState::valid);
  bench_.put_entry(1, 2, OtaState::valid);
  start();
  offer("1.0.1");
  ASSERT_TRUE(check());
  EXPECT_FALSE(roll_back());
  EXPECT_EQ(bench_.board.restarts, 0);
  EXPECT_TRUE(install());
}

TEST_F(ManualUpdaterTest, EndsATrialAsFailed) {
  start();
  offer("1.0.1");
  ASSERT_TRUE(check());
  EXPECT_FALSE(roll_back()) << "an update is under way";
  ASSERT_TRUE(install());
  bench_.follow_otadata();
  start(ResetReason::software);
  ASSERT_TRUE(roll_back());
  bench_.follow_otadata();
  EXPECT_EQ(bench_.board.running, 0);
  start(ResetReason::software);
  EXPECT_FALSE(check()) << "it is not taken again";
  EXPECT_NE(bench_.server.reports.front().find("by_application"), std::string::npos);
}

TEST_F(ManualUpdaterTest, HasNowhereToGoBackTo) {
  start();
  EXPECT_FALSE(roll_back());
  EXPECT_TRUE(bench_.logged("No rollback: no_fallback"));
}

TEST_F(ManualUpdaterTest, TellsWhetherTheServerIsTrusted) {
  start();
  EXPECT_TRUE(is_server_trusted());
  EXPECT_TRUE(bench_.logged("Server certificate: trusted"));
  bench_.server.identity.anchor = "MAEB";
  EXPECT_FALSE(is_server_trusted());
  EXPECT_TRUE(bench_.logged("tls_untrusted"));
  EXPECT_FALSE(check());
}

TEST(HmacHolds, ComparesHexadecimal) {
  // RFC 4231 test case 2.
  const std::string expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
  HostCrypto crypto;
  const Bytes key = as_bytes("Jefe");
  const Bytes data = as_bytes("what do ya want for nothing?");
  EXPECT_TRUE(hmac_holds(crypto, key, data, expected));
  EXPECT_FALSE(hmac_holds(crypto, key, data, expected.substr(1)));
  EXPECT_FALSE(hmac_holds(crypto, as_bytes("jefe"), data, expected));
}

}  // namespace
}  // namespace otter
