#include "server/file_stamps.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

class FileStampsTest : public testing::Test {
 protected:
  FileStampsTest() { write_file(file_, "one"); }
  const TemporaryFolder folder_;
  const std::string file_ = folder_.file("a");
  const std::string other_ = folder_.file("b");
};

TEST_F(FileStampsTest, SeesNoChangeWhereThereIsNone) {
  FileStamps stamps({file_, other_, ""});
  EXPECT_FALSE(stamps.changed());
  EXPECT_FALSE(stamps.changed());
}

TEST_F(FileStampsTest, SeesAWriteOnce) {
  FileStamps stamps({other_, file_});
  write_file(file_, "longer");
  EXPECT_TRUE(stamps.changed());
  EXPECT_FALSE(stamps.changed());
}

TEST_F(FileStampsTest, SeesThatAFileTookAnothersPlace) {
  const auto time = std::filesystem::last_write_time(file_);
  write_file(other_, "two");
  FileStamps stamps({file_});
  std::filesystem::rename(other_, file_);
  std::filesystem::last_write_time(file_, time);
  EXPECT_TRUE(stamps.changed());
}

TEST_F(FileStampsTest, SeesFilesComeAndGo) {
  FileStamps stamps({file_, other_});
  write_file(other_, "");
  EXPECT_TRUE(stamps.changed());
  std::filesystem::remove(file_);
  EXPECT_TRUE(stamps.changed());
  EXPECT_FALSE(stamps.changed());
}

}  // namespace
}  // namespace otter::server
