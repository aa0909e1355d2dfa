// Databases as earlier programs wrote them, with rows in each table, and what the present one makes
// of them.
#include "server/store_sqlite_schema.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <iterator>
#include <map>
#include <set>

#include "server/server_fixture.h"
#include "server/store_sqlite_connection.h"

namespace otter::server {
namespace {

using testing::ElementsAre;

// SHA-256 of each released step, from 1 on. A new step is appended here; one that stands here is
// never changed, for databases in the field have gone through it.
constexpr const char* kDigests[] = {
    "ea24ba9fde17bad19aadbfceefcb5f265a08ee34f4de87d0836adec8a6f8625e",
    "36a94a94fe52224dae9a2a642f9a571762dade73ec7a301a283da0acfaf69800",
    "630ac0640bc0250fb7e1baad024d4fba0e41ebd5929d2046726396ae49da8910",
    "908893eefdbc31d965e848d22f24b91745a66a74b4b6457608b5be242b07b8f5",
    "c8efb36ad5af6e780951d14b97415b589732800a92aa14700fa08fca36226567",
    "5444d0e51c69e89f71f0ca23e83622467185735cd7ebe2638c55d070d8e84a3d",
    "c424eae9e7cd4412a49ce5e1f36af146fc644ec69552031119c1496ff642cade",
    "22283e8a174a453662cf9ace3a4479da4ce09e86cfba4cb5420b3ad9e87881fd",
    "56112d1b4791c86d33c61a871ed583ec3d931d6bab7e9cdecce8df7e81d1739a",
    "7d48be5479736a7a259bf22ffd9969a786afcb98226c79fde3a0e63b70a1fc9c",
    "7423000b63ce93f7c66c6660f4291b5711d0f03c7fe55d36b4bd94f69d50134c",
    "1d3aee6e2f9f5cc0fc34cededeb6f1e4d751543dd36146f07ea7055d3bfd0779",
    "ec8de3bd8597568c2ea810e97a782da7b05c411dfe3f8edbb4a3fce2cf25e6f4",
    "6485984d1db2635506c985d2cad9a41ea3818f4ee461b56f8a98ccec0fa3c06c",
    "9da9cf96a48bd1afc1cc50cc2a49ca840ad163f470ecef21c2babcffe88a3683",
    "e6594455fa424f357dcdef7ce3ce515ec11a2f4c7aed365d844677ca8e11c91a",
    "5b92469a47fe5adaf81a2393cf76e57b65bd0537a3b7ccb985e99753f4822ea4",
    "c079b3ae9bb207ad1859734422065ded7727a8344cb8547070caf76c3ddd6a2c",
    "93da33421273d0184373dc17a128b0844862f4e29d1ec2a6a8b0e9764d668172",
    "0ab07de0f0a81d8ee2eb4f32afd5c63a63f8423b96602be019b456048dfbc090",
    "d8248c0b4026cfa8fdec8384f35c3aa5870d2bddb089996fe3a9c052dc4d5284",
};

// What programs with a schema of [since, before) have written.
struct WrittenRows {
  int since;
  int before;
  const char* sql;
};
constexpr int kStill = INT32_MAX;

#define DIGEST(word) "x'" word "0000000000000000000000000000000000000000000000000000000000'"
#define ROLLOUT                                                                               \
  "{\"plan\":{\"stages\":[{\"share\":100}]},\"image_bytes\":4096,\"created_by\":\"ada\","     \
  "\"approved_by\":\"\",\"created\":20,\"state\":{\"phase\":\"filling\",\"before\":\"none\"," \
  "\"stage\":0,\"bound\":9,\"since\":21,\"began\":20,\"cause\":\"none\",\"detail\":\"\","     \
  "\"approved\":false},\"health\":[[3,1.5,0.75],[0,0,0],[0,0,0],[0,0,0]]}"
#define EXPERIMENT                                                                            \
  "{\"plan\":{\"arms\":[{\"version\":\"1.0.0\"},{\"version\":\"1.0.1\"}]},\"created_by\":"    \
  "\"ada\",\"created\":22,\"state\":{\"phase\":\"draft\",\"since\":22,\"began\":0,\"cause\":" \
  "\"none\",\"detail\":\"\",\"winner\":null,\"rollout\":\"\"}}"

constexpr WrittenRows kWritten[] = {
    {1, kStill,
     "INSERT INTO products (name, chip, slot_bytes, hmac_secret, created_s)"
     " VALUES ('lamp', 'esp32c3', 1024, 'oth_lamp', 10)"},
    {1, kStill,
     "INSERT INTO api_keys (hash, product, created_s) VALUES (" DIGEST("0a0a0a") ", 'lamp', 11)"},
    {1, 6, "INSERT INTO admin_tokens VALUES (" DIGEST("abcdef") ", 12)"},
    {1, kStill, "INSERT INTO release_keys VALUES (x'2e91707eefc32b97', x'0401', 'PEM', 13)"},
    {1, kStill,
     "INSERT INTO releases (manifest_sha256, product, channel, version, sequence, chip,"
     " size_bytes, image_sha256, app_elf_sha256, image_hmac, envelope, notes, created_s) VALUES"
     " (" DIGEST("0b0b0b") ", 'lamp', 'stable', '1.0.0', 7, 'esp32c3', 4096, " DIGEST(
         "0c0c0c") ", " DIGEST("0d0d0d") ", " DIGEST("0e0e0e") ", x'4f544531', 'notes', 14)"},
    {1, 9,
     "INSERT INTO devices (id, product, chip, enrolled, created_s, last_seen_s, version,"
     " boot_state, slot_bytes) VALUES"
     " ('lamp-7', 'lamp', 'esp32c3', 1, 15, 16, '1.0.0', 'confirmed', 2048),"
     " ('sketch', 'lamp', '', 0, 15, 16, '', '', 0)"},
    {9, kStill,
     "INSERT INTO devices (id, product, chip, standing, created_s, last_seen_s, version,"
     " boot_state, slot_bytes) VALUES"
     " ('lamp-7', 'lamp', 'esp32c3', 'enrolled', 15, 16, '1.0.0', 'confirmed', 2048),"
     " ('sketch', 'lamp', '', 'plain', 15, 16, '', '', 0)"},
    {1, kStill,
     "INSERT INTO reports (device, report_id, received_s, version, outcome, error,"
     " release_version, manifest, body) VALUES"
     " ('lamp-7', 'r1', 17, '0.9.0', 'rolled_back', 'no_network', '1.0.0', " DIGEST(
         "0b0b0b") ", '{}'), ('sketch', 'r2', 18, '', 'failed', 'x', '', NULL, '{}')"},
    {1, kStill,
     "INSERT INTO outcomes (device, manifest, outcome, error, report) VALUES"
     " ('lamp-7', " DIGEST("0b0b0b") ", 'rolled_back', 'no_network', 1)"},
    {2, kStill,
     "UPDATE devices SET key_epoch = 2 WHERE id = 'lamp-7';"
     "INSERT INTO roots VALUES (1, x'01', 19); INSERT INTO trusts VALUES (3, x'02', 19)"},
    {3, kStill,
     "UPDATE products SET config_version = 4;"
     "UPDATE devices SET root_version = 1, trust_version = 3, config_version = 4,"
     " config_failed = 2 WHERE id = 'lamp-7';"
     "INSERT INTO configurations VALUES ('lamp', 4, " DIGEST("0f0f0f") ", '{}', 19)"},
    {4, kStill,
     "INSERT INTO report_counts VALUES ('lamp', '0.9.0', 'confirmed', 5, 6);"
     "INSERT INTO rolled_up VALUES ('lamp-7', 'r0')"},
    {5, kStill,
     "INSERT INTO kept_answers VALUES (" DIGEST("1a1a1a") ", " DIGEST(
         "1b1b1b") ", 1760000000, x'03')"},
    {6, kStill,
     "INSERT INTO accounts VALUES ('admin', 'admin', '', 12), ('ada', 'publisher', '$a', 19);"
     "INSERT INTO tokens VALUES (" DIGEST(
         "abcdef") ", 'abcdef000000', 'token', 'admin', 'admin', '', 12, 0, 0)"},
    {7, kStill, "INSERT INTO audit VALUES (1, " DIGEST("1c1c1c") ", '{\"number\":1}')"},
    {8, kStill,
     "UPDATE products SET needs_approval = 1;"
     "UPDATE releases SET published_by = 'ada', is_pending = 1, approved_by = ''"},
    {9, kStill, "UPDATE products SET enrolment = 'listed', allows_plain = 0"},
    {10, kStill,
     "INSERT INTO labels VALUES ('lamp-7', '{\"tags\":[\"kitchen\"],\"attributes\":{}}');"
     "INSERT INTO device_groups VALUES ('lamp', 'kitchens', 'tag = kitchen', 19)"},
    {11, kStill,
     "UPDATE devices SET checked_in_s = 16, uptime_s = 60, reset_reason = 'panic',"
     " heap_bytes = 9, rssi_dbm = -70, resets = 3 WHERE id = 'lamp-7'"},
    {12, kStill,
     "UPDATE devices SET command = 'reboot', command_number = 5, command_requested_s = 16"
     " WHERE id = 'lamp-7'"},
    {13, kStill,
     "UPDATE products SET is_staged = 1; UPDATE releases SET is_staged = 1;"
     "INSERT INTO rollouts VALUES ('lamp/1.0.0', 'lamp', '1.0.0', 8, '" ROLLOUT "');"
     "INSERT INTO rollout_parts (rollout, device, site, stage, started_s, attempts, retry_at_s,"
     " end, ended_s, control, pair_since_s, pair_until_s, resets, control_resets, pair_is_over)"
     " VALUES ('lamp/1.0.0', 'lamp-7', '192.0.2.7', 0, 20, 1, 0, 'rolled_back', 21, '', 0, 0, 0,"
     " 0, 0)"},
    {14, kStill,
     "UPDATE devices SET revision = 101, hardware = 'a', layout = '0b', client = '0.1.0'"
     " WHERE id = 'lamp-7'"},
    {15, kStill,
     "INSERT INTO experiments VALUES ('lamp/x', 'lamp', 1, '" EXPERIMENT "');"
     "UPDATE rollout_parts SET value = '1.5'"},
    {16, kStill,
     "INSERT INTO identities VALUES ('https://login.example', '1', 'ada', 19);"
     "UPDATE api_keys SET used_s = 18"},
    {17, kStill, "UPDATE devices SET sequence = 7 WHERE id = 'lamp-7'"},
    {18, kStill,
     "INSERT INTO samples VALUES ('lamp-7', 0, 3600, '1.0.0', '', 60, 'panic', 3, 9, -70);"
     "INSERT INTO version_days VALUES ('lamp', 0, '1.0.0', 1);"
     "INSERT INTO device_logs VALUES (1, 'lamp-7', 18, '1.0.0', 'I (1) x');"
     "INSERT INTO dumps VALUES (1, 'lamp-7', " DIGEST(
         "1d1d1d") ", 2, 18, '1.0.0', 1),"
                   " (2, 'lamp-7', " DIGEST(
                       "1e1e1e") ", 2, 18, '1.0.0', 0);"
                                 "INSERT INTO dump_pieces VALUES (2, 0, x'05');"
                                 "INSERT INTO dump_bytes VALUES (" DIGEST("1d1d1d") ", x'0607')"},
    {19, kStill,
     "INSERT INTO configuration_layers (product, kind, name, patch, created_s) VALUES"
     " ('lamp', 0, 'kitchens', '{\"level\":2}', 19);"
     "INSERT INTO merged_configurations VALUES"
     " ('lamp', 5, 4, " DIGEST("1f1f1f") ", " DIGEST("2a2a2a") ", '{}', 19)"},
    {20, kStill, "UPDATE devices SET metrics = 'latency_ms=41' WHERE id = 'lamp-7'"},
    {21, kStill, "UPDATE configuration_layers SET created_by = 'ada'"},
};

#undef DIGEST
#undef ROLLOUT
#undef EXPERIMENT

// Each with its columns.
using Tables = std::map<std::string, std::set<std::string>>;

class EarlierDatabase {
 public:
  explicit EarlierDatabase(const std::string& path) : connection_(path) {}

  void fill(int schema) {
    for (const WrittenRows& rows : kWritten) {
      if (rows.since <= schema && schema < rows.before) connection_.execute(rows.sql);
    }
  }
  void bring_to(const std::string& path, int schema) { migrate(connection_, path, schema); }

  std::vector<std::string> texts(const std::string& sql) {
    statements_.push_back(sql);  // the connection knows a statement by its address
    Statement row = connection_.query(statements_.back().c_str());
    std::vector<std::string> all;
    while (row.step()) all.push_back(row.text(0));
    return all;
  }
  Tables tables() {
    Tables all;
    for (const std::string& table : texts("SELECT name FROM sqlite_schema WHERE type = 'table'"
                                          " AND name NOT LIKE 'sqlite_%'")) {
      const auto columns = texts("SELECT name FROM pragma_table_info('" + table + "')");
      all[table] = {columns.begin(), columns.end()};
    }
    return all;
  }
  // Each row as a text; of columns that are `known`.
  std::vector<std::string> rows(const std::string& table, const std::set<std::string>& known) {
    std::string row = "''";
    for (const std::string& column : known) row += " || ' ' || quote(" + column + ")";
    return texts("SELECT " + row + " FROM " + table + " ORDER BY 1");
  }

 private:
  SqliteConnection connection_;
  std::deque<std::string> statements_;
};

std::set<std::string> those_in_both(const std::set<std::string>& one,
                                    const std::set<std::string>& other) {
  std::set<std::string> both;
  std::set_intersection(one.begin(), one.end(), other.begin(), other.end(),
                        std::inserter(both, both.end()));
  return both;
}

class SchemaTest : public testing::Test {
 protected:
  // A database as a program with that schema left it.
  std::string written_at(int schema) {
    const std::string path = folder_.file("otter-" + std::to_string(schema) + ".sqlite");
    EarlierDatabase database(path);
    database.bring_to(path, schema);
    database.fill(schema);
    return path;
  }
  Tables newest_tables() {
    const std::string path = folder_.file("new.sqlite");
    EarlierDatabase database(path);
    database.bring_to(path, newest_schema());
    return database.tables();
  }
  TemporaryFolder folder_;
};

TEST_F(SchemaTest, KeepsReleasedStepsAsTheyWere) {
  ASSERT_EQ(newest_schema(), static_cast<int>(std::size(kDigests)));
  for (int step = 1; step <= newest_schema(); ++step) {
    EXPECT_EQ(hex_text(digest_of(as_bytes(std::string(schema_step(step)))).bytes),
              kDigests[step - 1])
        << "step " << step << ": append another one in its place";
  }
}

TEST_F(SchemaTest, HasRowsInEachTableOfEachSchemaHere) {
  for (int schema = 1; schema <= newest_schema(); ++schema) {
    EarlierDatabase database(written_at(schema));
    for (const auto& [table, columns] : database.tables()) {
      EXPECT_FALSE(database.rows(table, columns).empty()) << table << " of schema " << schema;
    }
  }
}

// Of all tables and columns that are there still.
TEST_F(SchemaTest, ChangesNoValueOfEarlierRows) {
  const Tables newest = newest_tables();
  for (int schema = 1; schema < newest_schema(); ++schema) {
    const std::string path = written_at(schema);
    EarlierDatabase database(path);
    std::map<std::string, std::vector<std::string>> before;
    const Tables old = database.tables();
    for (const auto& [table, columns] : newest) {
      if (old.contains(table)) {
        before[table] = database.rows(table, those_in_both(old.at(table), columns));
      }
    }
    database.bring_to(path, newest_schema());
    for (const auto& [table, rows] : before) {
      const auto known = those_in_both(old.at(table), newest.at(table));
      EXPECT_EQ(database.rows(table, known), rows) << table << " of schema " << schema;
    }
  }
}

TEST_F(SchemaTest, DropsWhatHasAnotherPlaceNowAndNothingElse) {
  const Tables newest = newest_tables();
  std::set<std::string> gone;
  for (int schema = 1; schema < newest_schema(); ++schema) {
    for (const auto& [table, columns] : EarlierDatabase(written_at(schema)).tables()) {
      if (!newest.contains(table)) gone.insert(table);
      if (!newest.contains(table)) continue;
      for (const std::string& column : columns) {
        if (!newest.at(table).contains(column)) gone.insert(table + "." + column);
      }
    }
  }
  EXPECT_THAT(gone, ElementsAre("admin_tokens", "devices.enrolled"));
}

TEST_F(SchemaTest, LeavesNoReferenceBroken) {
  for (int schema = 1; schema < newest_schema(); ++schema) {
    const std::string path = written_at(schema);
    open_sqlite_store(path);
    EarlierDatabase database(path);
    EXPECT_THAT(database.texts("PRAGMA foreign_key_check"), ElementsAre()) << schema;
    EXPECT_THAT(database.texts("PRAGMA integrity_check"), ElementsAre("ok")) << schema;
  }
}

TEST_F(SchemaTest, ReadsProductsKeysAndReleasesOfEachEarlierOne) {
  for (int schema = 1; schema < newest_schema(); ++schema) {
    SCOPED_TRACE("schema " + std::to_string(schema));
    const std::unique_ptr<Store> store = open_sqlite_store(written_at(schema));
    const std::optional<Product> lamp = store->product("lamp");
    ASSERT_TRUE(lamp.has_value());
    EXPECT_EQ(lamp->hmac_secret, "oth_lamp");
    EXPECT_EQ(lamp->enrolment, schema < 9 ? Enrolment::open : Enrolment::listed);
    EXPECT_EQ(store->product_keys("lamp").size(), 1U);
    EXPECT_EQ(store->release_keys().at(0).pem, "PEM");
    const auto releases = store->releases({.product = "lamp", .with_pending = true});
    ASSERT_EQ(releases.size(), 1U);
    EXPECT_EQ(releases[0]->sequence, 7U);
    EXPECT_EQ(releases[0]->is_pending, schema >= 8);
  }
}

TEST_F(SchemaTest, ReadsDevicesReportsAndOutcomesOfEachEarlierOne) {
  for (int schema = 1; schema < newest_schema(); ++schema) {
    SCOPED_TRACE("schema " + std::to_string(schema));
    const std::unique_ptr<Store> store = open_sqlite_store(written_at(schema));
    const auto devices = store->devices({});
    ASSERT_EQ(devices.size(), 2U);
    EXPECT_EQ(devices[0].device.standing, Standing::enrolled);
    EXPECT_EQ(devices[0].outcome, Outcome::rolled_back);
    EXPECT_EQ(devices[1].device.standing, Standing::plain);
    EXPECT_EQ(store->failed_manifests("lamp-7").size(), 1U);
    const auto reports = store->reports({.device = "lamp-7"});
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].error, "no_network");
  }
}

TEST_F(SchemaTest, ReadsTheFirstTokenOfEachEarlierOne) {
  for (int schema = 1; schema < newest_schema(); ++schema) {
    SCOPED_TRACE("schema " + std::to_string(schema));
    const auto tokens = open_sqlite_store(written_at(schema))->tokens({.account = "admin"});
    ASSERT_EQ(tokens.size(), 1U);
    EXPECT_EQ(tokens[0].id, "abcdef000000");
    EXPECT_EQ(tokens[0].role, Role::admin);
  }
}

TEST_F(SchemaTest, ReadsRolloutsAndExperimentsOfEachThatHasThem) {
  for (int schema = 13; schema < newest_schema(); ++schema) {
    SCOPED_TRACE("schema " + std::to_string(schema));
    const std::unique_ptr<Store> store = open_sqlite_store(written_at(schema));
    const auto rollouts = store->rollouts();
    ASSERT_EQ(rollouts.size(), 1U);
    EXPECT_EQ(rollouts[0].state.phase, fleet::Phase::filling);
    EXPECT_EQ(rollouts[0].health[0].pairs, 3);
    ASSERT_EQ(store->parts("lamp/1.0.0").size(), 1U);
    EXPECT_EQ(store->parts("lamp/1.0.0")[0].part.end, fleet::End::rolled_back);
    EXPECT_EQ(store->experiments().size(), schema < 15 ? 0U : 1U);
  }
}

}  // namespace
}  // namespace otter::server
