#include "sim/file_settings.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "publish/temporary_folder.h"

namespace otter::sim {
namespace {

const std::vector<uint8_t> kKey(32, 0x5A);

std::vector<uint8_t> load(const std::string& path) {
  std::vector<uint8_t> out(64);
  const Result<size_t> size = FileSettings(path).load(Setting::device_key, out);
  EXPECT_TRUE(size.ok());
  out.resize(size.value);
  return out;
}

TEST(FileSettings, AreEmptyAtFirst) {
  const TemporaryFolder folder;
  EXPECT_EQ(load(folder.file("nvs")).size(), 0u);
}

TEST(FileSettings, SurviveTheProcess) {
  const TemporaryFolder folder;
  EXPECT_EQ(FileSettings(folder.file("nvs")).store(Setting::device_key, kKey), Error::ok);
  EXPECT_EQ(load(folder.file("nvs")), kKey);
}

TEST(FileSettings, TakeTheLastValue) {
  const TemporaryFolder folder;
  FileSettings settings(folder.file("nvs"));
  EXPECT_EQ(settings.store(Setting::device_key, std::vector<uint8_t>{1}), Error::ok);
  EXPECT_EQ(settings.store(Setting::device_key, kKey), Error::ok);
  EXPECT_EQ(load(folder.file("nvs")), kKey);
}

TEST(FileSettings, AreForTheirOwnerAlone) {
  const TemporaryFolder folder;
  const std::string path = folder.file("nvs");
  EXPECT_EQ(FileSettings(path).store(Setting::device_key, kKey), Error::ok);
  struct stat status = {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_FALSE(std::filesystem::exists(path + ".new"));
}

TEST(FileSettings, SayThatTheBufferIsTooSmall) {
  const TemporaryFolder folder;
  FileSettings settings(folder.file("nvs"));
  EXPECT_EQ(settings.store(Setting::device_key, kKey), Error::ok);
  std::vector<uint8_t> small(31);
  EXPECT_EQ(settings.load(Setting::device_key, small).error, Error::too_large);
}

TEST(FileSettings, RefuseADamagedFileUntilItIsWrittenAnew) {
  const TemporaryFolder folder;
  const std::string path = folder.file("nvs");
  FileSettings settings(path);
  EXPECT_EQ(settings.store(Setting::device_key, kKey), Error::ok);
  std::fstream(path, std::ios::in | std::ios::out).seekp(10).put('x');
  std::vector<uint8_t> out(64);
  EXPECT_EQ(settings.load(Setting::device_key, out).error, Error::settings_io);
  EXPECT_EQ(settings.store(Setting::device_key, kKey), Error::ok);
  EXPECT_EQ(load(path), kKey);
}

TEST(FileSettings, KeepTheOldValueIfTheNewOneWasNeverFinished) {
  const TemporaryFolder folder;
  const std::string path = folder.file("nvs");
  EXPECT_EQ(FileSettings(path).store(Setting::device_key, kKey), Error::ok);
  std::ofstream(path + ".new") << "OTS1";
  EXPECT_EQ(load(path), kKey);
}

TEST(FileSettings, SayThatTheyCannotBeWritten) {
  const TemporaryFolder folder;
  FileSettings settings(folder.file("missing/nvs"));
  EXPECT_EQ(settings.store(Setting::device_key, kKey), Error::settings_io);
}

}  // namespace
}  // namespace otter::sim
