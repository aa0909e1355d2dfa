// Updates by patch and by compressed image: the engine with the real decoder on a whole board.
#include <cstring>

#include "publish/patch_maker.h"
#include "sim/update_fixture.h"

namespace otter::sim {
namespace {

constexpr uint32_t kMemory = 32 * 1024;  // [bytes]

std::vector<uint8_t> patch_from(Bytes base, Bytes result, uint32_t memory_size = kMemory) {
  PatchOptions options;
  options.memory_size = memory_size;
  options.tries = 1;
  return make_patch(base, result, options);
}

class PatchTest : public UpdateTest {
 protected:
  PatchTest() {
    config_.patch_memory_bytes = kMemory;
    make_device();
  }
  // Offers 1.0.1 and, to 1.0.0, that patch.
  void offer_with(std::vector<uint8_t> patch, const std::string& from_version = "1.0.0") {
    patch_size_ = patch.size();
    server_.add_patch({std::move(patch), from_version});
    server_.offer(next_);
  }
  void offer_patch() { offer_with(patch_from(base_, next_.image)); }
  // What the server was told: the outcome, and how the image came.
  void expect_told(const std::string& kind, const std::string& patch_error = "") {
    ASSERT_TRUE(run()) << log_;
    EXPECT_EQ(device_->delivered()->phase, Phase::confirmed) << log_;
    ASSERT_FALSE(server_.reports.empty());
    const std::string& report = server_.reports.back();
    EXPECT_NE(report.find("\"kind\":\"" + kind + '"'), std::string::npos) << report;
    const std::string stated = "\"patch_error\":\"" + patch_error + '"';
    EXPECT_EQ(report.find(stated) != std::string::npos, !patch_error.empty()) << report;
    rest(1000);
    EXPECT_EQ(device_->running_version(), "1.0.1");
  }
  // The same, without a word into the slot: only the journal's records.
  void expect_refused_at_once(const std::string& patch_error) {
    const uint64_t before = flash_.operation_count();
    while (!logged("The whole image in place of the patch")) {
      ASSERT_NE(device_->step(now_ms_), kNever);
      ++now_ms_;
    }
    EXPECT_LE(flash_.operation_count(), before + 20);
    expect_told("full", patch_error);
    EXPECT_EQ(server_.patch_bytes_sent, kPatchHeaderSize);
  }
  // From `base` to `other`, and says that `image` comes of it.
  std::vector<uint8_t> lying_patch(Bytes base, Bytes other, Bytes image) {
    std::vector<uint8_t> patch = patch_from(base, other);
    PatchHeader header = parse_patch_header(patch).value;
    header.result_sha256 = sha256(crypto_, image).value;
    write_patch_header(header, patch);
    return patch;
  }
  // Boards and images that fill the slot, so that a patch has no room beside its image. Gives the
  // image that is offered with it.
  std::vector<uint8_t> fill_slots() {
    const Result<PartitionTable> table = load_partition_table(flash_);
    const uint32_t size = table.value.find(kTypeApp, kSubtypeOta0)->size_bytes - kSectorSize;
    const std::vector<uint8_t> base = image_of("1.0.0", "healthy", size);
    flash_ = NorFlash(4 * kMebibyte);
    write_factory_state(flash_, base);
    make_device();
    const ServedRelease next =
        release_with(image_of("1.0.1", "healthy", size), "1.0.1", 1, kProduct);
    const std::vector<uint8_t> patch = patch_from({}, next.image);
    patch_size_ = patch.size();
    server_.add_patch({patch, ""});
    server_.offer(next);
    return next.image;
  }
  // The power fails before flash operation number `number` of what follows, and comes back.
  bool cut_before(uint64_t number) {
    CutAtOperation cut(flash_.operation_count() + number, {PowerCut::before});
    flash_.set_fault(&cut);
    run(kHour);
    flash_.set_fault(nullptr);
    if (flash_.has_power()) return false;
    device_->power_on();
    return true;
  }

  uint32_t erases_of(uint32_t offset) const { return flash_.erase_count(offset / kSectorSize); }

  const std::vector<uint8_t> base_ = image_of("1.0.0", "healthy");
  const ServedRelease next_ = release_of("1.0.1", "healthy");
  size_t patch_size_ = 0;
};

TEST_F(PatchTest, ABoardUpdatesByAPatch) {
  offer_patch();
  expect_told("patch");
  EXPECT_LT(patch_size_, next_.image.size() / 40);
  EXPECT_EQ(server_.patch_bytes_sent, patch_size_);
  EXPECT_EQ(server_.image_bytes_sent, 0u);
}

TEST_F(PatchTest, AndByACompressedImage) {
  offer_with(patch_from({}, next_.image), "");
  expect_told("compressed");
  EXPECT_EQ(server_.patch_bytes_sent, patch_size_);
  EXPECT_EQ(server_.image_bytes_sent, 0u);
}

TEST_F(PatchTest, ABoardWithoutMemoryForItTakesTheWholeImage) {
  config_.patch_memory_bytes = 0;
  make_device();
  offer_patch();
  expect_told("full");
  EXPECT_EQ(server_.last_checkin->patch_memory_bytes, 0u);
  EXPECT_EQ(server_.patch_bytes_sent, 0u);
}

TEST_F(PatchTest, AMirrorServesPatchesToo) {
  server_.add_mirror("https://mirror.example", MirrorKind::good);
  offer_patch();
  expect_told("patch");
  EXPECT_EQ(server_.patch_bytes_sent, 0u);
}

TEST_F(PatchTest, AMirrorThatLiesCostsNoPatch) {
  server_.add_mirror("https://mirror.example", MirrorKind::garbage);
  offer_patch();
  expect_told("patch");
  EXPECT_EQ(server_.patch_bytes_sent, patch_size_);
}

TEST_F(PatchTest, AConnectionThatDropsIsTakenUpWhereItWas) {
  config_.updater.download_attempts_max = 200;
  make_device();
  offer_with(patch_from({}, next_.image), "");
  server_.faults.drop_image_after = 20000;
  expect_told("compressed");
  EXPECT_EQ(server_.patch_bytes_sent, patch_size_);
}

TEST_F(PatchTest, RequestsMayBeForPartsOfThePatch) {
  config_.updater.request_size_bytes = kSectorSize;
  make_device();
  offer_with(patch_from({}, next_.image), "");
  expect_told("compressed");
  EXPECT_EQ(server_.patch_bytes_sent, patch_size_);
}

TEST_F(PatchTest, AServerThatKnowsNoRangesSendsTheFrontAgain) {
  config_.updater.download_attempts_max = 200;
  make_device();
  offer_with(patch_from({}, next_.image), "");
  server_.faults.ignores_range = true;
  uint64_t allowed = 20000;
  server_.faults.patch = [&](std::vector<uint8_t>&) {
    server_.faults.drop_image_after = allowed;
    allowed += 20000;
  };
  expect_told("compressed");
}

// Each lie is found before or after the download, and costs the way by patch, never the update.
TEST_F(PatchTest, APatchForAnotherBaseErasesNothing) {
  offer_with(patch_from(image_of("0.9.0", "healthy"), next_.image));
  expect_refused_at_once("wrong_base");
}

TEST_F(PatchTest, APatchThatNeedsMoreMemoryErasesNothing) {
  offer_with(patch_from(base_, next_.image, 64 * 1024));
  expect_refused_at_once("low_memory");
}

TEST_F(PatchTest, APatchToAnotherImageIsRefused) {
  offer_with(patch_from(base_, image_of("1.0.2", "healthy")));
  expect_told("full", "wrong_offer");
}

TEST_F(PatchTest, ADamagedPatchIsRefusedBeforeItIsDecoded) {
  server_.faults.patch = [](std::vector<uint8_t>& patch) { patch[patch.size() * 7 / 8] ^= 0x10; };
  offer_patch();
  expect_told("full", "bad_hash");
  EXPECT_EQ(server_.image_bytes_sent, next_.image.size());
}

TEST_F(PatchTest, AShortPatchIsRefused) {
  server_.faults.patch = [](std::vector<uint8_t>& patch) { patch.pop_back(); };
  offer_patch();
  expect_told("full", "malformed");
}

TEST_F(PatchTest, APatchThatTheServerHasLostIsDoneWithout) {
  offer_patch();
  server_.faults.statement = [](std::string& statement) {
    const size_t at = statement.find("\"sha256\":\"");
    if (at != std::string::npos) statement.replace(at + 10, 8, "00000000");
  };
  expect_told("full", "not_found");
}

// The server's own word for a payload that gives something else: found by the first wrong block.
TEST_F(PatchTest, APatchThatLiesInItsPayloadKeepsWhatWasProved) {
  std::vector<uint8_t> other = next_.image;
  other[100000] ^= 1;  // in the second block
  offer_with(lying_patch(base_, other, next_.image));
  expect_told("full", "bad_hash");
  EXPECT_EQ(server_.image_bytes_sent, next_.image.size() - 64 * 1024);
}

TEST_F(PatchTest, APatchIsNotTriedTwiceNotEvenAfterAReset) {
  offer_with(patch_from(image_of("0.9.0", "healthy"), next_.image));
  ASSERT_TRUE(cut_before(100));
  ASSERT_TRUE(logged("The whole image in place of the patch"));
  log_.clear();
  expect_told("full", "wrong_base");
  EXPECT_FALSE(logged("By a patch of"));
}

TEST_F(PatchTest, AfterACutAStoredPatchNeedsNoNetworkAndHeldSectorsAreNotWritten) {
  offer_patch();
  ASSERT_TRUE(cut_before(300));
  const uint32_t slot = second_slot();
  const uint64_t sent = server_.patch_bytes_sent;
  ASSERT_EQ(sent, patch_size_);
  expect_told("patch");
  EXPECT_EQ(server_.patch_bytes_sent, sent);
  EXPECT_EQ(erases_of(slot), 2u);  // so that nothing boots there, and of the first block
  EXPECT_EQ(erases_of(slot + 8 * kSectorSize), 1u);
}

TEST_F(PatchTest, APatchWithoutRoomInTheSlotIsFetchedAgainAfterACut) {
  fill_slots();
  ASSERT_GT(patch_size_, 4096u);
  ASSERT_TRUE(cut_before(2000));
  expect_told("compressed");
  EXPECT_GT(server_.patch_bytes_sent, patch_size_);
  EXPECT_EQ(server_.image_bytes_sent, 0u);
  EXPECT_EQ(erases_of(second_slot() + 8 * kSectorSize), 1u);
}

// It is the same file as far as its header says, and nobody hashes what can't be stored.
TEST_F(PatchTest, APatchThatHasTurnedBadAfterACutLeavesWhatWasProved) {
  const std::vector<uint8_t> image = fill_slots();
  ASSERT_TRUE(cut_before(2000));
  const uint32_t in_first_block = second_slot() + 8 * kSectorSize;
  ASSERT_EQ(erases_of(in_first_block), 1u);
  std::vector<uint8_t> other = image;
  other[5 * kSectorSize] ^= 1;
  std::vector<uint8_t> lie = lying_patch({}, other, image);
  lie.resize(patch_size_);  // its end is never asked for
  PatchHeader header = parse_patch_header(lie).value;
  header.payload_size = static_cast<uint32_t>(patch_size_ - kPatchHeaderSize);
  write_patch_header(header, lie);
  server_.faults.patch = [lie](std::vector<uint8_t>& patch) { patch = lie; };
  expect_told("full", "bad_hash");
  EXPECT_LT(server_.image_bytes_sent, image.size());
  EXPECT_EQ(erases_of(in_first_block), 1u);
}

}  // namespace
}  // namespace otter::sim
