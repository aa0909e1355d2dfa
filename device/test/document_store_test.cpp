#include "ota/document_store.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "device/test/memory_flash.h"

namespace otter {
namespace {

class DocumentStoreTest : public testing::Test {
 protected:
  void save(uint32_t version, const std::string& body) {
    ASSERT_EQ(store_.save(version, as_bytes(Text(body))), Error::ok);
  }
  std::string body_of(const DocumentStore& store, const StoredDocument& document) {
    std::array<uint8_t, kDocumentSizeMax> out{};
    const Result<Bytes> body = store.load(document, out);
    EXPECT_EQ(body.error, Error::ok);
    return std::string(as_text(body.value).data, body.value.size);
  }
  DocumentStore reopened() {
    DocumentStore store(flash_, kRootOffset);
    EXPECT_EQ(store.open(), Error::ok);
    return store;
  }

  MemoryFlash flash_{kStorageSize};
  DocumentStore store_{flash_, kRootOffset};
};

TEST_F(DocumentStoreTest, IsEmptyOnErasedFlash) {
  EXPECT_FALSE(reopened().newest());
  EXPECT_FALSE(reopened().previous());
}

TEST_F(DocumentStoreTest, KeepsTheNewestAndTheOneBefore) {
  save(7, "seven");
  save(9, std::string(kDocumentSizeMax, 'x'));
  save(8, "eight");
  const DocumentStore store = reopened();
  EXPECT_EQ(store.newest().version, 8u);
  EXPECT_EQ(body_of(store, store.newest()), "eight");
  EXPECT_EQ(body_of(store, store.previous()), std::string(kDocumentSizeMax, 'x'));
}

TEST_F(DocumentStoreTest, DiscardingTheNewestBringsThePreviousBack) {
  save(1, "one");
  save(2, "two");
  ASSERT_EQ(store_.discard_newest(), Error::ok);
  EXPECT_EQ(reopened().newest().version, 1u);
  EXPECT_FALSE(reopened().previous());
  ASSERT_EQ(store_.discard_newest(), Error::ok);
  EXPECT_FALSE(reopened().newest());
  ASSERT_EQ(store_.discard_newest(), Error::ok) << "there is nothing to discard";
}

TEST_F(DocumentStoreTest, TheNewestIsNeverWrittenOver) {
  save(1, "one");
  save(2, "two");
  ASSERT_EQ(store_.discard_newest(), Error::ok);
  save(3, "three");
  EXPECT_EQ(reopened().newest().version, 3u);
  EXPECT_EQ(reopened().previous().version, 1u);
}

TEST_F(DocumentStoreTest, RefusesWhatDoesNotFit) {
  EXPECT_EQ(store_.save(1, std::vector<uint8_t>(kDocumentSizeMax + 1)), Error::too_large);
  EXPECT_EQ(store_.save(1, Bytes()), Error::too_large);
  save(1, "one");
  std::array<uint8_t, 2> small{};
  EXPECT_EQ(store_.load(store_.newest(), small).error, Error::too_large);
}

TEST_F(DocumentStoreTest, WritesInUnitsOfEncryptedFlashAndInItsOwnSectorsAlone) {
  flash_.unit = kEncryptedUnit;
  save(1, "not a multiple of sixteen");
  save(2, "nor this");
  EXPECT_EQ(body_of(store_, store_.newest()), "nor this");
  for (uint32_t at = 0; at < kStorageSize; ++at) {
    if (at == kRootOffset) at = kTrustOffset;
    ASSERT_EQ(flash_.bytes[at], 0xFF) << at;
  }
}

TEST_F(DocumentStoreTest, OneBitOfDamageAndItDoesNotCount) {
  save(1, "one");
  save(2, "two");
  const uint32_t start = kRootOffset + store_.newest().sector * kSectorSize;
  for (const uint32_t at : {0u, 4u, 12u, 16u, 20u, 32u, 34u}) {
    flash_.bytes[start + at] ^= 1;
    EXPECT_EQ(reopened().newest().version, 1u) << at;
    flash_.bytes[start + at] ^= 1;
  }
}

// Every flash operation of storing and discarding, cut after every number of its bytes.
TEST_F(DocumentStoreTest, APowerCutLeavesTheOldOneOrTheNewOne) {
  const std::string body(100, 'n');
  save(1, "one");
  save(2, "two");
  const std::vector<uint8_t> before = flash_.bytes;
  for (int operation = 0; operation < 4; ++operation) {
    for (size_t bytes_done = 0; bytes_done <= 128; ++bytes_done) {
      flash_.bytes = before;
      DocumentStore store = reopened();
      flash_.cut_at(operation, bytes_done);
      const Error error = store.save(3, as_bytes(Text(body)));
      EXPECT_EQ(error, Error::flash_io);
      flash_.power_on();
      const DocumentStore found = reopened();
      const bool is_new = found.newest().version == 3;
      EXPECT_TRUE(is_new ? operation == 3 : found.newest().version == 2) << operation << bytes_done;
      EXPECT_EQ(body_of(found, found.newest()), is_new ? body : "two");
    }
  }
}

}  // namespace
}  // namespace otter
