#include "server/fsck.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <ctime>

#include "publish/file_descriptor.h"
#include "server/backup_fixture.h"
#include "server/folder_lock.h"
#include "server/store_sqlite_connection.h"

namespace otter::server {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr int64_t kDay = 24 * 3600;  // [s]

class FsckTest : public testing::Test {
 protected:
  FsckReport check(bool repair = false, int64_t later_s = 2 * kDay) {
    return check_data_folder({data(), repair, time(nullptr) + later_s});
  }
  // "KIND PATH: DETAIL" with the path from the data folder.
  std::vector<std::string> lines(bool repair = false, int64_t later_s = 2 * kDay) {
    std::vector<std::string> all;
    for (const Finding& finding : check(repair, later_s).findings) {
      all.push_back(std::string(name(finding.kind)) + " " +
                    finding.path.substr(data().path.size()) + ": " + finding.detail);
    }
    return all;
  }
  const DataFolder& data() const { return first_.made.data; }
  std::string leftover() const { return data().blobs() + "/new-7-1"; }

  FilledFolder first_;
};

TEST_F(FsckTest, FindsNothingInAWholeFolder) {
  const FsckReport report = check();
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_EQ(report.images, 1);
  EXPECT_EQ(report.size_bytes, std::string("image 1.0.0").size());
}

TEST_F(FsckTest, FindsAMissingImage) {
  std::filesystem::remove(first_.blob("1.0.0"));
  EXPECT_THAT(lines(), ElementsAre(AllOf(StartsWith("missing /blobs/"),
                                         HasSubstr("the image of lamp 1.0.0"))));
}

TEST_F(FsckTest, FindsADamagedImage) {
  write_file(first_.blob("1.0.0"), "image 1.0.X");
  EXPECT_THAT(lines(), ElementsAre(AllOf(StartsWith("damaged /blobs/"),
                                         HasSubstr("the image of lamp 1.0.0"))));
}

TEST_F(FsckTest, TellsAnImageThatCantBeReadFromADamagedOne) {
  std::filesystem::remove(first_.blob("1.0.0"));
  mkdir(first_.blob("1.0.0").c_str(), 0700);  // nobody can read a folder, not even root
  EXPECT_THAT(lines(), ElementsAre(AllOf(StartsWith("unreadable /blobs/"),
                                         HasSubstr("the image of lamp 1.0.0"),
                                         HasSubstr("Is a directory"))));
}

TEST_F(FsckTest, FindsImagesThatOthersMayWrite) {
  chmod(first_.blob("1.0.0").c_str(), 0646);
  EXPECT_THAT(lines(), ElementsAre(AllOf(StartsWith("mode /blobs/"), HasSubstr("chmod go-w"))));
}

TEST_F(FsckTest, SaysThatItCantKnowWhatReleasesNeed) {
  SqliteConnection(data().database()).execute("UPDATE releases SET image_sha256 = x'00'");
  EXPECT_THAT(lines(), ElementsAre(AllOf(StartsWith("database /otter.sqlite: "),
                                         HasSubstr("a stored digest has a wrong size"))));
}

TEST_F(FsckTest, FindsABlobThatNoReleaseNeeds) {
  HostCrypto crypto;
  Blobs(data().blobs()).put(digest_of(as_bytes(Text("other"))), as_bytes(Text("other")), crypto);
  EXPECT_THAT(lines(), ElementsAre(StartsWith("unreferenced /blobs/")));
  EXPECT_THAT(lines(false, kDay - 60), IsEmpty());  // its release may still come
}

TEST_F(FsckTest, FindsWhatIsNoFileOfOtters) {
  const std::string blob = first_.blob("1.0.0");
  write_file(blob + ".bak", "x");
  write_file(data().blobs() + "/notes", "x");
  EXPECT_THAT(lines(), Each(StartsWith("unknown /blobs/")));
  EXPECT_EQ(lines().size(), 2U);
}

TEST_F(FsckTest, FindsABrokenReference) {
  SqliteConnection connection(data().database());
  connection.execute("PRAGMA foreign_keys = OFF");
  connection.execute("INSERT INTO api_keys VALUES (x'00', 'nobody', 0, 0)");
  EXPECT_THAT(lines(), ElementsAre(AllOf(StartsWith("database /otter.sqlite: "),
                                         HasSubstr("of api_keys has no products"))));
}

TEST_F(FsckTest, FindsLabelsThatCantBeRead) {
  SqliteConnection connection(data().database());
  connection.execute(
      "INSERT INTO devices (id, product, chip, created_s, last_seen_s, version, boot_state, "
      "slot_bytes) SELECT 'lamp-7', name, chip, 0, 0, '', '', 0 FROM products LIMIT 1");
  connection.execute("INSERT INTO labels VALUES ('lamp-7', '{\"tags\":')");
  EXPECT_THAT(lines(), ElementsAre(HasSubstr("the labels of lamp-7 can't be read")));
}

TEST_F(FsckTest, FindsADamagedDatabase) {
  {
    SqliteConnection connection(data().database());
    connection.execute("PRAGMA journal_mode = DELETE");
  }
  FileDescriptor file(data().database(), O_RDWR);
  const std::string noise(4096, 'x');
  // All pages but the first one, which has the schema.
  for (off_t at = 2 * 4096; at < 20 * 4096; at += 4096) {
    ASSERT_EQ(lseek(file.get(), at, SEEK_SET), at);
    file.write_all(as_bytes(noise));
  }
  EXPECT_THAT(lines(), testing::Contains(StartsWith("database /otter.sqlite: ")));
}

TEST_F(FsckTest, FindsAnImageOfAnotherSizeThanItsReleaseHas) {
  SqliteConnection(data().database()).execute("UPDATE releases SET size_bytes = 7");
  EXPECT_THAT(lines(), ElementsAre(HasSubstr("lamp 1.0.0 is said to have 7 bytes")));
}

TEST_F(FsckTest, FindsFilesThatOthersMayUse) {
  chmod(data().master_key().c_str(), 0644);
  chmod((data().certificates() + "/server.crt").c_str(), 0666);
  chmod(data().keys().c_str(), 0755);
  EXPECT_THAT(lines(), ElementsAre(StartsWith("mode /keys: "), StartsWith("mode /certs/server.crt"),
                                   StartsWith("mode /secrets/master.key: ")));
}

TEST_F(FsckTest, RemovesHalfWrittenFilesWhenToldTo) {
  write_file(leftover(), "half");
  const std::string certificate = data().certificates() + "/server.crt.new";
  write_file(certificate, "half");
  chmod(certificate.c_str(), 0600);
  EXPECT_EQ(lines().size(), 2U);
  EXPECT_TRUE(std::filesystem::exists(leftover()));
  for (const Finding& finding : check(true).findings) EXPECT_TRUE(finding.repaired);
  EXPECT_THAT(lines(), IsEmpty());
}

TEST_F(FsckTest, LeavesAloneWhatIsBeingWritten) {
  write_file(leftover(), "half");
  EXPECT_THAT(lines(true, 60), IsEmpty());
  const FolderLock serving(data());
  write_file(leftover(), "half");  // a second may have begun since
  EXPECT_THAT(lines(true), IsEmpty());
  EXPECT_TRUE(std::filesystem::exists(leftover()));
}

TEST_F(FsckTest, RemovesWhatIsOlderThanTheServingProcess) {
  const FolderLock serving(data());
  write_file(leftover(), "half");
  const timespec long_ago[2] = {{kNow, 0}, {kNow, 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, leftover().c_str(), long_ago, 0), 0);
  EXPECT_THAT(lines(true), ElementsAre(StartsWith("temporary /blobs/new-7-1")));
  EXPECT_FALSE(std::filesystem::exists(leftover()));
}

TEST_F(FsckTest, ARepairRemovesNothingElse) {
  HostCrypto crypto;
  Blobs(data().blobs()).put(digest_of(as_bytes(Text("other"))), as_bytes(Text("other")), crypto);
  write_file(first_.blob("1.0.0"), "image 1.0.X");
  write_file(data().blobs() + "/notes", "x");
  const std::vector<std::string> before = lines();
  EXPECT_EQ(lines(true), before);
  EXPECT_EQ(lines(), before);
}

TEST_F(FsckTest, CantRunWithoutADatabase) {
  std::filesystem::remove(data().database());
  EXPECT_THROW(check(), StoreError);
}

TEST_F(FsckTest, WorksWhileOthersWrite) {
  const std::unique_ptr<Store> store = open_sqlite_store(data().database());
  store->atomically([&] {
    store->add_product(product_named("fan"), digest_number(9));
    EXPECT_THAT(lines(), IsEmpty());
  });
}

TEST(FolderLock, IsHeldByOne) {
  const FilledFolder filled;
  EXPECT_EQ(served_since_s(filled.made.data), 0);
  {
    const FolderLock lock(filled.made.data);
    EXPECT_GT(served_since_s(filled.made.data), kNow);
    EXPECT_THROW(FolderLock second(filled.made.data), DataFolderError);
  }
  EXPECT_EQ(served_since_s(filled.made.data), 0);
  const FolderLock again(filled.made.data);
}

}  // namespace
}  // namespace otter::server
