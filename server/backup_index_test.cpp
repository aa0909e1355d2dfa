#include "server/backup_index.h"

#include <gmock/gmock.h>

namespace otter::server {
namespace {

using testing::HasSubstr;

constexpr char kHex[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

BackupIndex some_index() {
  BackupIndex index;
  index.created_s = 1'760'000'000;
  index.otter = "0.1.0";
  index.files = {{kBackupDatabasePath, 4096, {}}, {"otter-data/secrets/master.key", 32, {}}};
  index.left_out = {digest_from_hex(Text(kHex)).value};
  return index;
}

std::string refusal(const std::string& text) {
  try {
    read_backup_index(text);
    return "read";
  } catch (const BackupError& error) {
    return error.what();
  }
}

std::string replaced(const std::string& what, const std::string& with) {
  std::string text = write_backup_index(some_index());
  const size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), with);
}

TEST(BackupIndex, IsReadAsItWasWritten) {
  const std::string text = write_backup_index(some_index());
  const BackupIndex read = read_backup_index(text);
  EXPECT_EQ(read.files.size(), 2U);
  EXPECT_EQ(read.created_s, 1'760'000'000);
  EXPECT_EQ(write_backup_index(read), text);
}

TEST(BackupIndex, KnowsThePathsOfABackup) {
  for (const std::string& path :
       {std::string("otter.toml"), std::string("otter-data/otter.sqlite"),
        std::string("otter-data/certs/ca.crt"), std::string("otter-data/keys/release-1.pem.pub"),
        "otter-data/blobs/00/" + std::string(kHex)}) {
    EXPECT_TRUE(is_backup_path(path)) << path;
  }
}

TEST(BackupIndex, RefusesAllOtherPaths) {
  for (const std::string& path :
       {std::string(""), std::string("/etc/passwd"), std::string("otter-data/../otter.toml"),
        std::string("otter-data/certs/../../x"), std::string("otter-data/certs/"),
        std::string("otter-data/certs/.."), std::string("otter-data/certs/.ssh"),
        std::string("otter-data/certs/a/b"), std::string("otter-data/certs/a b"),
        std::string("otter-data/keys/root.pem.new"), "otter-data/keys/" + std::string(65, 'a'),
        std::string("otter-data/certs/a\0b", 20), std::string("./otter.toml"),
        "otter-data/blobs/11/" + std::string(kHex), "otter-data/blobs/" + std::string(kHex),
        "otter-data/blobs/00/" + std::string(63, '0')}) {
    EXPECT_FALSE(is_backup_path(path)) << path;
  }
}

TEST(BackupIndex, KeepsSecretsForTheirOwner) {
  EXPECT_EQ(mode_of_backup_path("otter-data/secrets/master.key"), 0600U);
  EXPECT_EQ(mode_of_backup_path(kBackupDatabasePath), 0600U);
  EXPECT_EQ(mode_of_backup_path("otter-data/certs/server.crt"), 0644U);
}

TEST(BackupIndex, RefusesWhatIsNone) {
  EXPECT_THAT(refusal("{"), HasSubstr("no JSON object"));
  EXPECT_THAT(refusal("[]"), HasSubstr("no JSON object"));
  EXPECT_THAT(refusal("{}"), HasSubstr("no format"));
  EXPECT_THAT(refusal(replaced("\"size\":32", "\"size\":-1")), HasSubstr("size is no number"));
  EXPECT_THAT(refusal(replaced("\"otter\":\"0.1.0\"", "\"otter\":1")), HasSubstr("no text"));
  EXPECT_THAT(refusal(replaced("\"left_out\":[", "\"left_out\":[7,")), HasSubstr("no text"));
  EXPECT_THAT(refusal(replaced(kHex, "00")), HasSubstr("SHA-256"));
}

TEST(BackupIndex, RefusesAnotherFormat) {
  EXPECT_THAT(refusal(replaced("\"format\":1", "\"format\":2")), HasSubstr("has format 2"));
}

TEST(BackupIndex, RefusesPathsThatAreNone) {
  EXPECT_THAT(refusal(replaced("secrets/master.key", "../master.key")),
              HasSubstr("belongs to no backup"));
}

TEST(BackupIndex, RefusesAPathThatComesTwice) {
  EXPECT_THAT(refusal(replaced("secrets/master.key", "otter.sqlite")), HasSubstr("twice"));
}

TEST(BackupIndex, RefusesABlobOfAnotherName) {
  const std::string blob = "blobs/00/" + std::string(kHex);
  EXPECT_THAT(refusal(replaced("secrets/master.key", blob)), HasSubstr("another name"));
}

TEST(BackupIndex, NeedsADatabase) {
  EXPECT_THAT(refusal(replaced("otter-data/otter.sqlite", "otter.toml")), HasSubstr("no database"));
}

}  // namespace
}  // namespace otter::server
