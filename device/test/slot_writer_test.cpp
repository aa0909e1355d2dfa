#include "ota/slot_writer.h"

#include <gtest/gtest.h>

#include <string>

#include "device/test/memory_flash.h"
#include "publish/host_crypto.h"

namespace otter {
namespace {

constexpr uint32_t kBlock = kBlockSizeMin;

// An image of three blocks, the last one short, and the manifest's part that describes it.
class SlotWriterTest : public testing::Test {
 protected:
  SlotWriterTest() {
    for (size_t i = 0; i < image_.size(); ++i) image_[i] = static_cast<uint8_t>(i * 7 + i / 251);
    std::vector<uint8_t> digests;
    for (size_t at = 0; at < image_.size(); at += kBlock) {
      const Digest digest = sha256(crypto_, Bytes(image_).part(at, kBlock)).value;
      digests.insert(digests.end(), digest.bytes, digest.bytes + kBlockDigestSize);
    }
    blocks_.resize(base64_size(digests.size()));
    Appender appender(MutableBytes(reinterpret_cast<uint8_t*>(blocks_.data()), blocks_.size()));
    base64_encode(digests, appender);
    manifest_.image_size_bytes = static_cast<uint32_t>(image_.size());
    manifest_.block_size_bytes = kBlock;
    manifest_.blocks = blocks_;
    plan_ = {manifest_.image_size_bytes, &manifest_};
  }

  // Streams the image in pieces of `step` bytes from where the writer wants it.
  Error stream(size_t step, size_t wrong_byte = SIZE_MAX) {
    while (!writer_.is_complete()) {
      const MutableBytes space = writer_.space();
      const Bytes next = Bytes(image_).part(writer_.offset(), step).part(0, space.size);
      memcpy(space.data, next.data, next.size);
      if (wrong_byte - writer_.offset() < next.size) space.data[wrong_byte - writer_.offset()] ^= 1;
      if (writer_.take(next.size)) OTTER_TRY(writer_.write());
    }
    return Error::ok;
  }
  bool slot_holds_image() { return Bytes(slot_.bytes).part(0, image_.size()) == Bytes(image_); }

  HostCrypto crypto_;
  std::vector<uint8_t> image_ = std::vector<uint8_t>(2 * kBlock + 12345);
  std::string blocks_;
  Manifest manifest_;
  SlotPlan plan_;
  MemoryFlash slot_{4 * kBlock};
  std::vector<uint8_t> buffer_ = std::vector<uint8_t>(kSectorSize);
  SlotWriter writer_{crypto_, buffer_};
};

TEST_F(SlotWriterTest, WritesAndProvesAnImageInPiecesOfAnySize) {
  for (size_t step : {1u, 1000u, 4096u, 100000u}) {
    slot_ = MemoryFlash(4 * kBlock);
    writer_.start(slot_, plan_, 0);
    ASSERT_EQ(stream(step), Error::ok);
    EXPECT_TRUE(slot_holds_image());
    EXPECT_EQ(writer_.verified(), image_.size());
  }
}

TEST_F(SlotWriterTest, WritesOverWhatWasThere) {
  for (uint8_t& byte : slot_.bytes) byte = 0;
  writer_.start(slot_, plan_, 0);
  ASSERT_EQ(stream(4096), Error::ok);
  EXPECT_TRUE(slot_holds_image());
}

TEST_F(SlotWriterTest, ErasesNoSectorBehindTheImage) {
  const uint32_t end = (plan_.size_bytes + kSectorSize - 1) / kSectorSize * kSectorSize;
  for (uint8_t& byte : slot_.bytes) byte = 0;
  writer_.start(slot_, plan_, 0);
  ASSERT_EQ(stream(4096), Error::ok);
  EXPECT_EQ(slot_.bytes[end], 0);
}

TEST_F(SlotWriterTest, ErasesNothingBehindAnImageOfWholeSectors) {
  writer_.start(slot_, SlotPlan{2 * kBlock, nullptr}, 0);
  ASSERT_EQ(stream(4096), Error::ok);
  EXPECT_EQ(slot_.erases, 2);
}

TEST_F(SlotWriterTest, ErasesABlockAtOnceWhereTheImageFillsIt) {
  writer_.start(slot_, SlotPlan{kBlock + kSectorSize + 1, nullptr}, 0);
  ASSERT_EQ(stream(4096), Error::ok);
  EXPECT_EQ(slot_.erases, 1 + 2);
  slot_.erases = 0;
  writer_.start(slot_, SlotPlan{kBlock - 1, nullptr}, 0);
  ASSERT_EQ(stream(4096), Error::ok);
  EXPECT_EQ(slot_.erases, static_cast<int>(kBlock / kSectorSize));
}

TEST_F(SlotWriterTest, ErasesABadBlockBeforeItIsWrittenAgain) {
  for (size_t wrong_byte = 0; wrong_byte < 2; ++wrong_byte) {  // one of them loses a 1 bit
    slot_ = MemoryFlash(4 * kBlock);
    writer_.start(slot_, plan_, 0);
    EXPECT_EQ(stream(4096, wrong_byte), Error::bad_hash);
    EXPECT_EQ(stream(4096), Error::ok);
    EXPECT_TRUE(slot_holds_image());
  }
}

TEST_F(SlotWriterTest, GoesBackToTheBeginningOfABadBlock) {
  writer_.start(slot_, plan_, 0);
  EXPECT_EQ(stream(4096, kBlock + 5), Error::bad_hash);
  EXPECT_EQ(writer_.offset(), kBlock);
  EXPECT_EQ(writer_.verified(), kBlock);
  EXPECT_EQ(stream(4096), Error::ok);
  EXPECT_TRUE(slot_holds_image());
}

TEST_F(SlotWriterTest, GoesOnWhereAnotherWriterStopped) {
  memcpy(slot_.bytes.data(), image_.data(), kBlock);
  writer_.start(slot_, plan_, kBlock);
  ASSERT_EQ(stream(4096), Error::ok);
  EXPECT_TRUE(slot_holds_image());
}

TEST_F(SlotWriterTest, ReadsBackFromFlashAndNotFromMemory) {
  writer_.start(slot_, plan_, 0);
  const MutableBytes space = writer_.space();
  memcpy(space.data, image_.data(), space.size);
  ASSERT_TRUE(writer_.take(space.size));
  ASSERT_EQ(writer_.write(), Error::ok);
  slot_.bytes[17] ^= 0x40;
  EXPECT_EQ(stream(4096), Error::bad_hash);
}

TEST_F(SlotWriterTest, PassesFlashErrorsOn) {
  writer_.start(slot_, plan_, 0);
  slot_.cut_at(5, 100);
  EXPECT_EQ(stream(4096), Error::flash_io);
}

TEST_F(SlotWriterTest, WithoutBlocksWritesAllAndProvesNothing) {
  writer_.start(slot_, SlotPlan{plan_.size_bytes, nullptr}, 0);
  ASSERT_EQ(stream(4096, 70000), Error::ok);
  EXPECT_FALSE(slot_holds_image());
}

TEST_F(SlotWriterTest, ReaderGivesDigestAndHmacOfWhatIsInFlash) {
  memcpy(slot_.bytes.data(), image_.data(), image_.size());
  const std::string key = "secret";
  SlotReader reader(crypto_);
  reader.start(slot_, plan_.size_bytes, as_bytes(Text(key)));
  Result<bool> done = false;
  while (done.ok() && !done.value) done = reader.step(buffer_);
  ASSERT_EQ(done.error, Error::ok);
  EXPECT_EQ(reader.sha256().value, sha256(crypto_, image_).value);
  EXPECT_EQ(reader.hmac().value, hmac_sha256(crypto_, as_bytes(Text(key)), image_).value);
}

}  // namespace
}  // namespace otter
