#include "server/blobs.h"

#include <gtest/gtest.h>

#include <thread>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

const std::vector<uint8_t> kBytes = {1, 2, 3, 4};

class BlobsTest : public testing::Test {
 protected:
  std::vector<std::string> files() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
      if (entry.is_regular_file()) found.push_back(entry.path().filename().string());
    }
    return found;
  }
  TemporaryFolder folder_;
  HostCrypto crypto_;
  Blobs blobs_{folder_.file("blobs")};
};

TEST_F(BlobsTest, KeepsAFileByItsContent) {
  EXPECT_EQ(blobs_.put(digest_of(kBytes), kBytes, crypto_), PutBlob::stored);
  EXPECT_EQ(blobs_.read(digest_of(kBytes)), kBytes);
  EXPECT_EQ(blobs_.size(digest_of(kBytes)), 4U);
  const std::string hex = hex_text(digest_of(kBytes).bytes);
  EXPECT_EQ(blobs_.path(digest_of(kBytes)), folder_.file("blobs/" + hex.substr(0, 2) + "/" + hex));
}

TEST_F(BlobsTest, KeepsAFileOnce) {
  blobs_.put(digest_of(kBytes), kBytes, crypto_);
  EXPECT_EQ(blobs_.put(digest_of(kBytes), kBytes, crypto_), PutBlob::already_there);
  EXPECT_EQ(files().size(), 1U);
}

TEST_F(BlobsTest, RefusesOtherBytesThanTheNameSays) {
  EXPECT_EQ(blobs_.put(digest_number(1), kBytes, crypto_), PutBlob::hash_differs);
  EXPECT_TRUE(files().empty());
}

TEST_F(BlobsTest, KnowsWhatIsNotThere) {
  EXPECT_EQ(blobs_.size(digest_number(1)), std::nullopt);
  EXPECT_EQ(blobs_.read(digest_number(1)), std::nullopt);
}

TEST_F(BlobsTest, RemovesWhatAPowerCutLeftHalfWritten) {
  write_file(folder_.file("blobs/new-123-1"), "half");
  const Blobs again(folder_.file("blobs"));
  EXPECT_TRUE(files().empty());
}

TEST_F(BlobsTest, KeepsWhatWasThereBefore) {
  blobs_.put(digest_of(kBytes), kBytes, crypto_);
  const Blobs again(folder_.file("blobs"));
  EXPECT_EQ(again.read(digest_of(kBytes)), kBytes);
}

TEST_F(BlobsTest, SaysThatItsFolderCantBeMade) {
  write_file(folder_.file("file"), "");
  EXPECT_THROW(Blobs(folder_.file("file/blobs")), StoreError);
  EXPECT_THROW(Blobs(folder_.file("none/blobs")), StoreError);
}

TEST_F(BlobsTest, TakesOneFileFromSeveralThreads) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      HostCrypto crypto;
      blobs_.put(digest_of(kBytes), kBytes, crypto);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(files().size(), 1U);
  EXPECT_EQ(blobs_.read(digest_of(kBytes)), kBytes);
}

}  // namespace
}  // namespace otter::server
