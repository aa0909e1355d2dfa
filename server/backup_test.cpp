#include "server/backup.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <future>
#include <map>
#include <set>

#include "publish/file_descriptor.h"
#include "server/backup_fixture.h"
#include "server/store_sqlite_connection.h"

namespace otter::server {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class BackupTest : public testing::Test {
 protected:
  BackupRequest request() const {
    BackupRequest request;
    request.file = first_.folder.file("b.tar");
    request.config_file = first_.made.config_file;
    request.data = first_.made.data;
    request.now_s = kNow;
    return request;
  }
  BackupResult back_up() { return make_backup(request()); }
  std::string into() const { return first_.folder.file("second"); }
  RestoreResult restore() { return restore_backup(request().file, into()); }

  std::string backup_refusal() {
    try {
      make_backup(request());
      return "made";
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }
  // Nothing of a backup that was refused may be left.
  std::string restore_refusal() {
    const bool was_there = std::filesystem::exists(into());
    try {
      restore();
      return "restored";
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(files_in(into()), IsEmpty()) << error.what();
      EXPECT_EQ(std::filesystem::exists(into()), was_there) << error.what();
      return error.what();
    }
  }
  static std::vector<std::string> files_in(const std::string& folder) {
    std::vector<std::string> files;
    if (!std::filesystem::exists(folder)) return files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      files.push_back(entry.path().string());
    }
    return files;
  }
  // Content by path, relative to the folder; without the database, whose file is written anew.
  static std::map<std::string, std::string> contents(const std::string& folder) {
    std::map<std::string, std::string> all;
    for (const std::string& path : files_in(folder)) {
      if (std::filesystem::is_regular_file(path) && path.find(".sqlite") == std::string::npos) {
        all[path.substr(folder.size())] = read_file(path);
      }
    }
    return all;
  }

  FilledFolder first_;
};

TEST_F(BackupTest, RestoresTheSameFolder) {
  first_.add_release("1.0.1", 2);
  back_up();
  const RestoreResult restored = restore();
  EXPECT_EQ(contents(into()), contents(first_.folder.file("first")));
  EXPECT_EQ(restored.config_file, into() + "/otter.toml");
  const std::unique_ptr<Store> store = open_sqlite_store(restored.data.database());
  EXPECT_EQ(store->releases({}).size(), 2U);
  EXPECT_TRUE(store->product("lamp").has_value());
}

TEST_F(BackupTest, IsMadeWhileOthersWrite) {
  const std::unique_ptr<Store> store = open_sqlite_store(first_.made.data.database());
  store->atomically([&] {
    store->add_product(product_named("fan"), digest_number(9));
    back_up();
  });
  EXPECT_FALSE(open_sqlite_store(restore().data.database())->product("fan").has_value());
}

TEST_F(BackupTest, ShowsItselfToItsOwnerOnly) {
  back_up();
  struct stat status{};
  ASSERT_EQ(stat(request().file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(BackupTest, LeavesNothingElseBeside) {
  const auto count = [&] {
    const std::filesystem::directory_iterator entries(first_.folder.path());
    return std::distance(begin(entries), end(entries));
  };
  const auto before = count();
  back_up();
  EXPECT_EQ(count(), before + 1);
  EXPECT_THAT(backup_refusal(), HasSubstr("is there already"));
  EXPECT_EQ(count(), before + 1);
}

TEST_F(BackupTest, IsMadeOnceByTwoAtATime) {
  for (int round = 0; round < 10; ++round) {
    std::filesystem::remove(request().file);
    std::future<std::string> other =
        std::async(std::launch::async, [&] { return backup_refusal(); });
    const std::set<std::string> told = {backup_refusal(), other.get()};
    EXPECT_THAT(told, UnorderedElementsAre("made", HasSubstr("is there already")));
    std::filesystem::remove_all(into());
    restore();
  }
}

TEST_F(BackupTest, RefusesWithoutAMasterKey) {
  std::filesystem::remove(first_.made.data.master_key());
  EXPECT_THAT(backup_refusal(), HasSubstr("master.key"));
}

TEST_F(BackupTest, RefusesALinkToNowhere) {
  const std::string link = first_.made.data.keys() + "/release-9.pem";
  std::filesystem::create_symlink("/nowhere/release-9.pem", link);
  EXPECT_THAT(backup_refusal(), HasSubstr("cannot read " + link));
}

TEST_F(BackupTest, NamesTheFileThatCantBeWritten) {
  BackupRequest wanted = request();
  wanted.file = "/dev/null/b.tar";
  try {
    make_backup(wanted);
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("/dev/null"));
  }
}

TEST(BackupArchive, SaysWhyAFileCantBeWritten) {
  FileDescriptor full("/dev/full", O_WRONLY);
  ArchiveWriter archive(full);
  const std::string content(1024 * 1024, 'x');
  archive.begin({"a", content.size(), 0600, kNow});
  try {
    archive.write(as_bytes(content));
    FAIL();
  } catch (const BackupError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("/dev/full"), HasSubstr("No space left")));
  }
}

TEST_F(BackupTest, NeverOverwritesABackup) {
  write_file(request().file, "of yesterday");
  EXPECT_THAT(backup_refusal(), HasSubstr("is there already"));
  EXPECT_EQ(read_file(request().file), "of yesterday");
}

TEST_F(BackupTest, RefusesWithoutADatabase) {
  std::filesystem::remove(first_.made.data.database());
  EXPECT_THAT(backup_refusal(), HasSubstr("otter.sqlite"));
  EXPECT_FALSE(std::filesystem::exists(first_.made.data.database()));
}

TEST_F(BackupTest, RefusesADamagedBlobByName) {
  write_file(first_.blob("1.0.0"), "image 1.0.X");
  EXPECT_THAT(backup_refusal(), HasSubstr("the image of lamp 1.0.0, is damaged"));
  EXPECT_FALSE(std::filesystem::exists(request().file));
}

TEST_F(BackupTest, RefusesAMissingBlobByName) {
  std::filesystem::remove(first_.blob("1.0.0"));
  EXPECT_THAT(backup_refusal(), HasSubstr("the image of lamp 1.0.0, is missing"));
}

TEST_F(BackupTest, LeavesOutADamagedBlobWhenToldTo) {
  write_file(first_.blob("1.0.0"), "image 1.0.X");
  first_.add_release("1.0.1", 2);
  BackupRequest wanted = request();
  wanted.leave_out_damaged = true;
  make_backup(wanted);
  EXPECT_THAT(restore().index.left_out, ElementsAre(release_of("1.0.0", 1).image_sha256));
  EXPECT_TRUE(std::filesystem::exists(into() + "/otter-data/blobs"));
}

TEST_F(BackupTest, PassesOverWhatIsNoFileOfOtters) {
  write_file(first_.made.data.secrets() + "/my notes", "x");
  write_file(first_.made.data.keys() + "/release-1.pem.new", "half");
  EXPECT_THAT(back_up().passed_over, ElementsAre(first_.made.data.keys() + "/release-1.pem.new",
                                                 first_.made.data.secrets() + "/my notes"));
}

TEST_F(BackupTest, RestoresIntoAnEmptyFolderOnly) {
  back_up();
  std::filesystem::create_directory(into());
  write_file(into() + "/mine", "x");
  write_file(into() + "/otter-data.new", "of another restore");
  EXPECT_THROW(restore(), BackupError);
  EXPECT_EQ(read_file(into() + "/mine"), "x");
  EXPECT_TRUE(std::filesystem::exists(into() + "/otter-data.new"));
  std::filesystem::remove(into() + "/mine");
  restore();
}

TEST_F(BackupTest, RestoresOverWhatACutRestoreLeft) {
  back_up();
  std::filesystem::create_directories(into() + "/otter-data.new/secrets");
  write_file(into() + "/otter-data.new/secrets/master.key", "half");
  restore();
  EXPECT_EQ(contents(into()), contents(first_.folder.file("first")));
}

TEST_F(BackupTest, RefusesABackupThatIsCutOffAnywhere) {
  back_up();
  const std::string whole = read_file(request().file);
  // The last 1024 bytes are tar's own mark of the end: all files are there without it.
  for (size_t size = 0; size < whole.size() - 10240; size += 4096 + 37) {
    write_file(request().file, whole.substr(0, size));
    EXPECT_NE(restore_refusal(), "restored") << size;
  }
}

TEST_F(BackupTest, RefusesAChangedByteInAnyFile) {
  back_up();
  const std::string whole = read_file(request().file);
  for (const std::string& mark : {std::string("SQLite format 3"), std::string("BEGIN PRIVATE"),
                                  std::string("image 1.0.0"), std::string("public_url")}) {
    std::string changed = whole;
    const size_t at = changed.rfind(mark);
    ASSERT_NE(at, std::string::npos) << mark;
    changed[at + 3] ^= 1;
    write_file(request().file, changed);
    EXPECT_THAT(restore_refusal(), HasSubstr("is damaged")) << mark;
  }
}

// Archives that nobody's `otter backup` wrote.
class ForeignBackupTest : public BackupTest {
 protected:
  struct File {
    std::string path;
    std::string content;
  };
  void write_archive(const std::vector<File>& files) {
    FileDescriptor file(request().file, O_WRONLY | O_CREAT | O_TRUNC);
    ArchiveWriter archive(file);
    for (const File& entry : files) {
      archive.begin({entry.path, entry.content.size(), 0600, kNow});
      archive.write(as_bytes(entry.content));
    }
    archive.finish();
  }
  static BackupFile listed(const File& file) {
    return {file.path, file.content.size(), digest_of(as_bytes(file.content))};
  }
  static File index_of(const std::vector<File>& files) {
    BackupIndex index;
    for (const File& file : files) index.files.push_back(listed(file));
    return {kBackupIndexPath, write_backup_index(index)};
  }
  // A database of the newest schema, with one product.
  File database() {
    BackupRequest wanted = request();
    wanted.file = first_.folder.file("good.tar");
    make_backup(wanted);
    const RestoreResult good = restore_backup(wanted.file, first_.folder.file("good"));
    change_database(good.data.database());
    return {kBackupDatabasePath, read_file(good.data.database())};
  }
  void change_database(const std::string& path) const {
    SqliteConnection connection(path);
    connection.execute("PRAGMA journal_mode = DELETE");
    if (!sql_.empty()) connection.execute(sql_.c_str());
  }
  std::string sql_;
};

TEST_F(ForeignBackupTest, NeedsTheListFirst) {
  write_archive({{"otter.toml", "x"}});
  EXPECT_THAT(restore_refusal(), HasSubstr("does not begin with otter-backup.json"));
  write_archive({});
  EXPECT_THAT(restore_refusal(), HasSubstr("does not begin with otter-backup.json"));
}

TEST_F(ForeignBackupTest, RefusesWhatIsNoArchive) {
  write_file(request().file, std::string(20000, 'x'));
  EXPECT_THAT(restore_refusal(), HasSubstr("not a whole backup"));
}

TEST_F(ForeignBackupTest, RefusesAFileThatTheListDoesNotName) {
  sql_ = "DELETE FROM releases";
  const File base = database();
  for (const char* path : {"../outside", "/tmp/outside", "otter-data/certs/ca.crt", "otter.toml"}) {
    write_archive({index_of({base}), base, {path, "x"}});
    EXPECT_THAT(restore_refusal(), HasSubstr("does not name")) << path;
  }
  EXPECT_FALSE(std::filesystem::exists(first_.folder.file("outside")));
}

TEST_F(ForeignBackupTest, RefusesAFileThatComesTwice) {
  const File settings = {"otter.toml", "x"};
  const File base = database();
  write_archive({index_of({base, settings}), settings, settings, base});
  EXPECT_THAT(restore_refusal(), HasSubstr("does not name"));
}

TEST_F(ForeignBackupTest, RefusesAnotherSizeThanListed) {
  const File base = database();
  write_archive({index_of({base}), {base.path, base.content + "more"}});
  EXPECT_THAT(restore_refusal(), HasSubstr("another size"));
}

TEST_F(ForeignBackupTest, RefusesADatabaseWhoseImageIsNotInIt) {
  const File base = database();
  write_archive({index_of({base}), base});
  EXPECT_THAT(restore_refusal(), HasSubstr("the image of lamp 1.0.0 is not in it"));
}

TEST_F(ForeignBackupTest, RefusesOneWithoutAMasterKey) {
  sql_ = "DELETE FROM releases";
  const File base = database();
  write_archive({index_of({base}), base});
  EXPECT_THAT(restore_refusal(), HasSubstr("master.key"));
}

TEST_F(ForeignBackupTest, RefusesADamagedDatabase) {
  sql_ =
      "DELETE FROM releases; PRAGMA foreign_keys = OFF; INSERT INTO api_keys VALUES (x'00', "
      "'nobody', 0, 0)";
  const File base = database();
  write_archive({index_of({base}), base});
  EXPECT_THAT(restore_refusal(), HasSubstr("of api_keys has no products"));
}

TEST_F(ForeignBackupTest, RefusesTheDatabaseOfANewerProgram) {
  sql_ = "DELETE FROM releases; PRAGMA user_version = 999";
  const File base = database();
  write_archive({index_of({base}), base});
  EXPECT_THAT(restore_refusal(), HasSubstr("newer otter"));
}

// A header as tar has it: name, mode, owner, size, time, checksum, type, link.
std::string tar_header(const std::string& name, char type, const std::string& link) {
  std::string header(512, '\0');
  header.replace(0, name.size(), name);
  header.replace(100, 7, "0000600");
  header.replace(124, 11, "00000000000");
  header.replace(136, 11, "00000000000");
  header.replace(148, 8, "        ");
  header[156] = type;
  header.replace(157, link.size(), link);
  header.replace(257, 5, "ustar");
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<uint8_t>(c);
  char text[8];
  snprintf(text, sizeof(text), "%06o", sum);
  header.replace(148, 7, text, 7);
  return header;
}

TEST_F(ForeignBackupTest, RefusesLinksFoldersAndDevices) {
  for (const char type : {'1', '2', '3', '4', '5', '6'}) {
    write_file(request().file,
               tar_header(kBackupIndexPath, type, "/etc/passwd") + std::string(1024, '\0'));
    EXPECT_THAT(restore_refusal(), HasSubstr("something else than plain files")) << type;
  }
}

}  // namespace
}  // namespace otter::server
