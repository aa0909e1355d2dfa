#include "server/store_sqlite.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "server/server_fixture.h"
#include "server/store_sqlite_connection.h"

namespace otter::server {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class SqliteStoreTest : public testing::Test {
 protected:
  std::string path() const { return folder_.file("otter.sqlite"); }
  std::string refusal(const std::string& file) {
    try {
      open_sqlite_store(file);
      return "opened";
    } catch (const StoreError& error) {
      return error.what();
    }
  }
  TemporaryFolder folder_;
};

TEST_F(SqliteStoreTest, OpensWhatItMade) {
  open_sqlite_store(path());
  EXPECT_EQ(refusal(path()), "opened");
}

// A product "lamp" with the device "lamp-7".
void fill(Store& store) {
  Product lamp;
  lamp.name = "lamp";
  store.add_product(lamp, digest_number(1));
  Device device;
  device.id = "lamp-7";
  device.product = "lamp";
  store.enroll(device);
}

TEST_F(SqliteStoreTest, TakesOverTheFirstSchema) {
  fill(*open_sqlite_store(path()));
  SqliteConnection(path()).execute(
      "ALTER TABLE devices DROP COLUMN config_failed; ALTER TABLE devices DROP COLUMN "
      "config_version; ALTER TABLE devices DROP COLUMN trust_version; ALTER TABLE devices DROP "
      "COLUMN root_version; ALTER TABLE products DROP COLUMN config_version; DROP TABLE "
      "configurations; ALTER TABLE devices DROP COLUMN key_epoch; DROP TABLE roots; DROP TABLE "
      "trusts; DROP TABLE kept_answers; DROP TABLE rolled_up; DROP TABLE report_counts; DROP INDEX "
      "reports_by_time; "
      "PRAGMA user_version = 1");
  const std::unique_ptr<Store> store = open_sqlite_store(path());
  EXPECT_EQ(store->device("lamp-7")->key_epoch, 1U);
  EXPECT_EQ(store->document_versions().root, 0U);
  EXPECT_EQ(store->device("lamp-7")->applied.config, 0U);
  EXPECT_EQ(store->product("lamp")->config_version, 0U);
}

TEST_F(SqliteStoreTest, WritesToSayThatItCan) {
  const std::unique_ptr<Store> store = open_sqlite_store(path());
  SqliteConnection other(path());
  const auto changes_of_others = [&] {
    Statement row = other.query("PRAGMA data_version");
    return row.step() ? row.integer(0) : 0;
  };
  const int64_t before = changes_of_others();
  EXPECT_EQ(changes_of_others(), before);
  store->check();
  EXPECT_NE(changes_of_others(), before);
  other.execute("PRAGMA foreign_keys = OFF; DROP TABLE products");
  EXPECT_THROW(store->check(), StoreError);
}

TEST_F(SqliteStoreTest, RefusesTheDatabaseOfANewerProgram) {
  open_sqlite_store(path());
  SqliteConnection(path()).execute("PRAGMA user_version = 999");
  EXPECT_THAT(refusal(path()), AllOf(HasSubstr(path()), HasSubstr("newer otter (schema 999"),
                                     HasSubstr("update the program")));
}

TEST_F(SqliteStoreTest, LeavesTheDatabaseOfANewerProgramAsItIs) {
  open_sqlite_store(path());
  SqliteConnection(path()).execute("PRAGMA user_version = 999");
  const std::string before = read_file(path());
  refusal(path());
  EXPECT_EQ(read_file(path()), before);
}

TEST_F(SqliteStoreTest, RefusesAnotherProgramsDatabase) {
  SqliteConnection(path()).execute("CREATE TABLE cats (name TEXT)");
  EXPECT_THAT(refusal(path()), HasSubstr("not an otter database"));
}

TEST_F(SqliteStoreTest, RefusesWhatIsNoDatabase) {
  write_file(path(), std::string(4096, 'x'));
  EXPECT_THAT(refusal(path()), AllOf(HasSubstr(path()), HasSubstr("not a database")));
}

TEST_F(SqliteStoreTest, SaysThatAFolderIsMissing) {
  EXPECT_THAT(refusal(folder_.file("none/otter.sqlite")), HasSubstr("is the folder there"));
}

TEST_F(SqliteStoreTest, ShowsItsFileToItsOwnerOnly) {
  open_sqlite_store(path());
  struct stat status{};
  ASSERT_EQ(stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(SqliteStoreTest, SyncsEachCommit) {
  SqliteConnection connection(path());
  Statement synchronous = connection.query("PRAGMA synchronous");
  ASSERT_TRUE(synchronous.step());
  EXPECT_EQ(synchronous.integer(0), 2);  // FULL
  Statement journal = connection.query("PRAGMA journal_mode");
  ASSERT_TRUE(journal.step());
  EXPECT_EQ(journal.text(0), "wal");
}

TEST_F(SqliteStoreTest, UndoesATransactionThatIsNotCommitted) {
  SqliteConnection connection(path());
  connection.execute("CREATE TABLE t (x INTEGER)");
  {
    Transaction transaction(connection);
    connection.execute("INSERT INTO t VALUES (1)");
  }
  EXPECT_FALSE(connection.query("SELECT x FROM t").step());
}

}  // namespace
}  // namespace otter::server
