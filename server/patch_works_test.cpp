#include "server/patch_works.h"

#include <gmock/gmock.h>

#include "ota/wire/url.h"
#include "publish/patch_maker.h"
#include "server/offer.h"
#include "server/patch_offer.h"
#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;

constexpr uint8_t kNonce[kNonceSize] = {4, 5, 6};
constexpr uint32_t kMemory = 40'000;  // [bytes] of which a decoder takes 32 KiB

// A server that makes patches when a test says so; device lamp-7 runs 1.0.0.
class PatchWorksTest : public testing::Test {
 protected:
  PatchWorksTest() {
    server_.backend.patches = &works_;
    server_.publish(base_, OfflineServer::options_of("1.0.0", 1));
  }
  void publish_next() { server_.publish(next_, OfflineServer::options_of("1.0.1", 2)); }

  DeviceFacts facts_of_lamp(uint32_t memory) const {
    DeviceFacts facts;
    facts.id = "lamp-7";
    facts.version = "1.0.0";
    facts.app_elf_sha256 = inspect_image(base_).app_elf_sha256;
    facts.product = "lamp";
    facts.chip = find_chip(Text("esp32c3"))->id;
    facts.slot_size_bytes = 1024 * 1024;
    facts.sequence = 1;
    memcpy(facts.nonce, kNonce, sizeof(kNonce));
    facts.client = "0.1.0";
    facts.patch_memory_bytes = memory;
    return facts;
  }
  // What the device is told; its text stays until the next one.
  Statement check_in(const DeviceFacts& facts) {
    uint8_t buffer[kDeviceFactsSizeMax];
    Appender out(buffer);
    write_device_facts(facts, out);
    const Text header = as_text(out.written());
    const HeaderList headers = {{"X-API-Key", key_},
                                {"Accept", kCheckinType},
                                {kDeviceFactsHeader, {header.data, header.size}}};
    answer_ = server_.send(request_of("GET", "/firmware/manifest", headers)).body;
    return parse_statement(as_text(parse_checkin_frame(as_bytes(answer_)).value.statement)).value;
  }
  Statement check_in(uint32_t memory = kMemory) { return check_in(facts_of_lamp(memory)); }
  Response fetch(const Digest& sha256) {
    return server_.get("/firmware/blob/" + std::string(to_hex(sha256).characters));
  }
  void work() {
    while (works_.work_once()) continue;
  }
  static std::vector<uint8_t> bytes_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const std::vector<uint8_t> base_ = OfflineServer::image_of("1.0.0");
  const std::vector<uint8_t> next_ = OfflineServer::image_of("1.0.1");
  OfflineServer server_;
  const std::string key_ = server_.enroll("lamp-7");
  PatchShelf shelf_{server_.folder.file("patches")};
  PatchLimits limits_;
  PatchWorks works_{server_.blobs, shelf_, server_.log, server_.metrics, limits_};
  std::string answer_;
};

TEST_F(PatchWorksTest, ADeviceWaitsForItsPatchAndIsOfferedIt) {
  publish_next();
  Statement told = check_in();
  EXPECT_FALSE(told.has_offer);
  EXPECT_EQ(told.next_checkin_s, kPatchRetry);
  work();
  told = check_in();
  ASSERT_TRUE(told.has_patch);
  EXPECT_EQ(told.patch.base_sha256, digest_of(base_));
  EXPECT_LT(told.patch.size_bytes, next_.size() / 20);
  const Response patch = fetch(told.patch.sha256);
  ASSERT_TRUE(patch.file.has_value());
  EXPECT_EQ(apply_patch(base_, bytes_of(patch.file->path)), next_);
}

TEST_F(PatchWorksTest, ADeviceThatTakesNoneIsOfferedTheImageAtOnce) {
  publish_next();
  for (const uint32_t memory : {0U, 16U * 1024 - 1}) {
    const Statement told = check_in(memory);
    EXPECT_TRUE(told.has_offer);
    EXPECT_FALSE(told.has_patch);
  }
  EXPECT_FALSE(works_.work_once());
}

TEST_F(PatchWorksTest, ADeviceWithAnUnknownImageIsOfferedTheImageCompressed) {
  publish_next();
  DeviceFacts facts = facts_of_lamp(kMemory);
  facts.app_elf_sha256.bytes[0] ^= 1;
  EXPECT_FALSE(check_in(facts).has_offer);
  work();
  const Statement told = check_in(facts);
  ASSERT_TRUE(told.has_patch);
  EXPECT_TRUE(told.patch.base_sha256.is_zero());
  EXPECT_LT(told.patch.size_bytes, next_.size() * 9 / 10);
}

TEST_F(PatchWorksTest, NoDeviceWaitsForEver) {
  publish_next();
  EXPECT_FALSE(check_in().has_offer);
  server_.now_s += limits_.wait_s;
  const Statement told = check_in();
  EXPECT_TRUE(told.has_offer);
  EXPECT_FALSE(told.has_patch);
}

TEST_F(PatchWorksTest, ANewReleaseIsGotReadyForWhatRuns) {
  check_in();
  publish_next();
  works_.get_ready(*server_.store, server_.now_s);
  work();
  EXPECT_TRUE(check_in().has_patch);
}

TEST_F(PatchWorksTest, WhatIsNoSmallerIsNotKept) {
  std::vector<uint8_t> noise(next_.size());
  uint32_t state = 1;
  for (uint8_t& byte : noise) {
    state = state * 1664525 + 1013904223;  // Numerical Recipes' generator
    byte = static_cast<uint8_t>(state >> 24);
  }
  server_.upload(noise);
  EXPECT_TRUE(works_.choose({digest_of(base_), digest_of(noise), kMemory}, 0).is_coming);
  work();
  const PatchChoice choice = works_.choose({digest_of(base_), digest_of(noise), kMemory}, 0);
  EXPECT_FALSE(choice.is_coming);
  EXPECT_FALSE(choice.patch.has_value());
  EXPECT_THAT(server_.metrics.text(), HasSubstr("otter_patches_dropped_total 1"));
}

TEST_F(PatchWorksTest, MoreMemoryThanItMayTakeIsNotTaken) {
  limits_.build_bytes_max = 1;
  PatchWorks works(server_.blobs, shelf_, server_.log, server_.metrics, limits_);
  works.choose({digest_of(base_), digest_of(base_), kMemory}, 0);
  publish_next();
  works.choose({digest_of(base_), digest_of(next_), kMemory}, 0);
  EXPECT_TRUE(works.work_once());
  EXPECT_FALSE(works.choose({digest_of(base_), digest_of(next_), kMemory}, 0).patch.has_value());
  EXPECT_THAT(server_.log_lines.str(), HasSubstr("patch_build_mb"));
}

TEST_F(PatchWorksTest, ItsThreadMakesWhatIsAskedForAndEnds) {
  publish_next();
  PatchWorks works(server_.blobs, shelf_, server_.log, server_.metrics, limits_);
  works.start();
  const PatchWish wish = {digest_of(base_), digest_of(next_), kMemory};
  while (works.choose(wish, 0).is_coming) std::this_thread::yield();
  EXPECT_TRUE(works.choose(wish, 0).patch.has_value());
}

TEST_F(PatchWorksTest, OnlyTheProductsOwnDevicesFetchIt) {
  publish_next();
  check_in();
  work();
  const Digest patch = check_in().patch.sha256;
  server_.add_product("fan", "otk_of-fan", "esp32c3");
  const std::string target = "/firmware/blob/" + std::string(to_hex(patch).characters);
  const Response other = server_.send(request_of("GET", target, {{"X-API-Key", "otk_of-fan"}}));
  EXPECT_EQ(other.status, 404U);
  EXPECT_EQ(fetch(patch).status, 200U);
  EXPECT_THAT(server_.metrics.text(), HasSubstr("otter_patch_downloads_total 1"));
}

TEST_F(PatchWorksTest, AReleaseShowsItsPatches) {
  publish_next();
  check_in();
  work();
  const boost::json::object release = json_of(server_.admin("GET", "/api/v1/releases/lamp/1.0.1"));
  const boost::json::array& patches = release.at("patches").as_array();
  ASSERT_EQ(patches.size(), 2U);
  EXPECT_EQ(patches[0].at("from"), "1.0.0");
  EXPECT_EQ(patches[0].at("memory"), 32 * 1024);
  EXPECT_TRUE(patches[1].at("from").is_null());
}

TEST_F(PatchWorksTest, TheShelfKnowsItsPatchesAfterARestartAndDropsTheOldest) {
  publish_next();
  check_in();
  work();
  write_file(server_.folder.file("patches/no-patch"), "x");
  PatchShelf again(server_.folder.file("patches"));
  EXPECT_EQ(again.to(digest_of(next_)).size(), 2U);
  EXPECT_EQ(again.size_bytes(), shelf_.size_bytes());
  EXPECT_FALSE(std::filesystem::exists(server_.folder.file("patches/no-patch")));
  const Digest smallest = again.to(digest_of(next_))[0].sha256;
  again.keep_to(1);
  EXPECT_TRUE(again.to(digest_of(next_)).empty());
  EXPECT_FALSE(std::filesystem::exists(again.path(smallest)));
}

// The largest statement there is: what is left out is the patch, not the answer.
TEST(CheckinAnswer, WithoutRoomForAPatchGoesWithoutIt) {
  StatementFacts facts;
  Release release;
  facts.device = std::string(64, 'd');
  facts.nonce = kNonce;
  facts.time_s = kNow;
  facts.next_checkin_s = kCheckIntervalMax;
  facts.key_epoch = UINT32_MAX;
  facts.offered = &release;
  facts.patch = PatchOffer{};
  facts.patch->base_sha256.bytes[0] = 1;
  facts.patch->size_bytes = kImageSizeMax;
  facts.mirrors.assign(kMirrorsMax, "https://" + std::string(kOriginSizeMax - 8, 'm'));
  facts.documents = {UINT32_MAX, UINT32_MAX};
  facts.command = Command::check_now;
  Configuration configuration;
  configuration.version = UINT32_MAX;
  facts.configuration = &configuration;
  HostCrypto crypto;
  for (const bool has_room : {false, true}) {
    if (has_room) facts.mirrors.clear();
    release.envelope = {'x'};
    const std::string answer = write_checkin_answer(facts, Digest(), crypto);
    const CheckinFrame frame = parse_checkin_frame(as_bytes(answer)).value;
    EXPECT_EQ(parse_statement(as_text(frame.statement)).value.has_patch, has_room);
  }
}

}  // namespace
}  // namespace otter::server
