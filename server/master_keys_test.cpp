#include "server/master_keys.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;

class MasterKeysTest : public testing::Test {
 protected:
  MasterKeysTest() { std::filesystem::create_directory(data_.secrets()); }
  // A secret of equal bytes.
  void put(const std::string& name, char byte) {
    write_file(data_.secrets() + "/" + name, std::string(kMasterKeySize, byte));
  }
  bool has(const std::string& name) const {
    return std::filesystem::exists(data_.secrets() + "/" + name);
  }
  std::string refusal() const {
    try {
      const MasterKeys keys(data_);
      return "read";
    } catch (const DataFolderError& error) {
      return error.what();
    }
  }
  TemporaryFolder folder_;
  DataFolder data_{folder_.path()};
  HostCrypto crypto_;
};

TEST_F(MasterKeysTest, TakesASingleFileAsTheFirstEpoch) {
  put("master.key", 'a');
  const MasterEpochs epochs = MasterKeys(data_).epochs();
  EXPECT_EQ(epochs.current.epoch, 1U);
  EXPECT_EQ(epochs.current.secret[31], 'a');
  EXPECT_FALSE(epochs.previous.has_value());
}

TEST_F(MasterKeysTest, ReadsTheTwoNewestEpochs) {
  put("master.key", 'a');
  put("master-10.key", 'c');
  put("master-9.key", 'b');
  const MasterEpochs epochs = MasterKeys(data_).epochs();
  EXPECT_EQ(epochs.current.epoch, 10U);
  EXPECT_EQ(epochs.current.secret[0], 'c');
  ASSERT_TRUE(epochs.previous.has_value());
  EXPECT_EQ(epochs.previous->secret[0], 'b');
}

TEST_F(MasterKeysTest, AcceptsOnlyTheEpochJustBefore) {
  put("master.key", 'a');
  put("master-3.key", 'c');
  EXPECT_FALSE(MasterKeys(data_).epochs().previous.has_value());
}

TEST_F(MasterKeysTest, PassesOverOtherFiles) {
  put("master.key", 'a');
  for (const char* name : {"master-.key", "master-02.key", "master-2x.key", "master-2.key.new",
                           "master--2.key", "master-1.key", "master-99999999999.key"}) {
    put(name, 'x');
  }
  EXPECT_EQ(MasterKeys(data_).epochs().current.epoch, 1U);
}

TEST_F(MasterKeysTest, BeginsAnEpochWithASecretOfItsOwn) {
  put("master.key", 'a');
  MasterKeys keys(data_);
  EXPECT_TRUE(keys.rotate(crypto_, 2));
  const MasterEpochs read = MasterKeys(data_).epochs();
  EXPECT_EQ(read.current.epoch, 2U);
  EXPECT_EQ(read.current.secret, keys.epochs().current.secret);
  EXPECT_NE(read.current.secret, read.previous->secret);
  EXPECT_EQ(read.previous->secret[0], 'a');
  struct stat status{};
  ASSERT_EQ(stat(data_.master_key(2).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(MasterKeysTest, DeletesWhatIsOlderThanTheEpochBefore) {
  put("master.key", 'a');
  MasterKeys keys(data_);
  EXPECT_TRUE(keys.rotate(crypto_, 2));
  EXPECT_TRUE(has("master.key"));
  EXPECT_TRUE(keys.rotate(crypto_, 3));
  EXPECT_FALSE(has("master.key"));
  EXPECT_TRUE(has("master-2.key"));
  EXPECT_EQ(MasterKeys(data_).epochs().previous->epoch, 2U);
}

TEST_F(MasterKeysTest, RotatesToTheNextEpochOnly) {
  put("master.key", 'a');
  MasterKeys keys(data_);
  for (const uint32_t wrong : {0U, 1U, 3U}) EXPECT_FALSE(keys.rotate(crypto_, wrong)) << wrong;
  EXPECT_EQ(keys.epochs().current.epoch, 1U);
  EXPECT_FALSE(has("master-2.key"));
}

TEST_F(MasterKeysTest, StaysInItsEpochWhenItCantBeNoted) {
  put("master.key", 'a');
  MasterKeys keys(data_);
  const auto note = [&] {
    EXPECT_EQ(MasterKeys(data_).epochs().current.epoch, 1U);
    throw std::runtime_error("disk full");
  };
  EXPECT_THROW(keys.rotate(crypto_, 2, note), std::runtime_error);
  EXPECT_EQ(keys.epochs().current.epoch, 1U);
  EXPECT_EQ(MasterKeys(data_).epochs().current.epoch, 1U);
  EXPECT_TRUE(keys.rotate(crypto_, 2));
}

TEST_F(MasterKeysTest, StaysInItsEpochWhenTheFolderCantBeWritten) {
  put("master.key", 'a');
  MasterKeys keys(data_);
  std::filesystem::remove_all(data_.secrets());
  EXPECT_THROW(keys.rotate(crypto_, 2), std::runtime_error);
  EXPECT_EQ(keys.epochs().current.epoch, 1U);
}

TEST_F(MasterKeysTest, SaysThatAKeyIsMissingOrDamaged) {
  EXPECT_THAT(refusal(), HasSubstr("master.key"));
  write_file(data_.master_key(), "short");
  EXPECT_THAT(refusal(), HasSubstr("32 bytes"));
  put("master.key", 'a');
  write_file(data_.master_key(2), "short");
  EXPECT_THAT(refusal(), HasSubstr("master-2.key must have 32 bytes"));
}

}  // namespace
}  // namespace otter::server
