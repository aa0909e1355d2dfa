#include "publish/durable_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "publish/temporary_folder.h"

namespace otter {
namespace {

class DurableFile : public ::testing::Test {
 protected:
  std::string path(const std::string& file) const { return folder_.file(file); }
  std::string content(const std::string& file) const {
    std::ifstream in(path(file), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(DurableFile, ReplacesWhatWasThere) {
  write_file_durably(path("a"), Text("long before"), kPublicFileMode);
  write_file_durably(path("a"), Text("after"), kSecretFileMode);
  EXPECT_EQ(content("a"), "after");
  struct stat facts{};
  ASSERT_EQ(::stat(path("a").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, kSecretFileMode);
}

TEST_F(DurableFile, GetsOverWhatACrashLeft) {
  std::ofstream(path("a.new")) << "half";
  write_file_durably(path("a"), Text("whole"), kPublicFileMode);
  EXPECT_EQ(content("a"), "whole");
  EXPECT_FALSE(std::filesystem::exists(path("a.new")));
}

TEST_F(DurableFile, SaysWhatItCantWrite) {
  try {
    write_file_durably(path("missing/a"), Text("x"), kPublicFileMode);
    FAIL() << "it wrote into a folder that is not there";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(),
              "cannot write " + path("missing/a.new") + ": No such file or directory");
  }
}

}  // namespace
}  // namespace otter
