#include "server/store_sqlite_schema.h"

#include <iterator>

#include "server/store.h"
#include "server/store_sqlite.h"

namespace otter::server {
namespace {

constexpr int64_t kApplicationId = 0x4F545452;  // "OTTR": tells our files from others'

constexpr const char* kSteps[] = {
    // 1
    R"sql(
CREATE TABLE products (
  name TEXT PRIMARY KEY,
  chip TEXT NOT NULL,
  slot_bytes INTEGER NOT NULL,
  hmac_secret TEXT NOT NULL,
  created_s INTEGER NOT NULL
) STRICT;
CREATE TABLE api_keys (
  hash BLOB PRIMARY KEY,
  product TEXT NOT NULL REFERENCES products (name),
  created_s INTEGER NOT NULL
) STRICT;
CREATE TABLE admin_tokens (
  hash BLOB PRIMARY KEY,
  created_s INTEGER NOT NULL
) STRICT;
CREATE TABLE release_keys (
  id BLOB PRIMARY KEY,
  point BLOB NOT NULL,
  pem TEXT NOT NULL,
  created_s INTEGER NOT NULL
) STRICT;
CREATE TABLE releases (
  manifest_sha256 BLOB PRIMARY KEY,
  product TEXT NOT NULL REFERENCES products (name),
  channel TEXT NOT NULL,
  version TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  chip TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  image_sha256 BLOB NOT NULL,
  app_elf_sha256 BLOB NOT NULL,
  image_hmac BLOB NOT NULL,
  envelope BLOB NOT NULL,
  notes TEXT NOT NULL,
  created_s INTEGER NOT NULL,
  UNIQUE (product, version),
  UNIQUE (product, channel, sequence)
) STRICT;
CREATE INDEX releases_by_image ON releases (product, image_sha256);
CREATE TABLE devices (
  id TEXT PRIMARY KEY,
  product TEXT NOT NULL REFERENCES products (name),
  chip TEXT NOT NULL,
  enrolled INTEGER NOT NULL,
  created_s INTEGER NOT NULL,
  last_seen_s INTEGER NOT NULL,
  version TEXT NOT NULL,
  boot_state TEXT NOT NULL,
  slot_bytes INTEGER NOT NULL
) STRICT;
CREATE INDEX devices_by_product ON devices (product, slot_bytes);
CREATE TABLE reports (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  device TEXT NOT NULL REFERENCES devices (id),
  report_id TEXT NOT NULL,
  received_s INTEGER NOT NULL,
  version TEXT NOT NULL,
  outcome TEXT NOT NULL,
  error TEXT NOT NULL,
  release_version TEXT NOT NULL,
  manifest BLOB REFERENCES releases (manifest_sha256),
  body TEXT NOT NULL,
  UNIQUE (device, report_id)
) STRICT;
CREATE TABLE outcomes (
  device TEXT NOT NULL REFERENCES devices (id),
  manifest BLOB NOT NULL REFERENCES releases (manifest_sha256),
  outcome TEXT NOT NULL,
  error TEXT NOT NULL,
  report INTEGER NOT NULL REFERENCES reports (number),
  PRIMARY KEY (device, manifest)
) STRICT;
)sql",
    // 2: epochs of device keys, root metadata, trust payloads
    R"sql(
ALTER TABLE devices ADD COLUMN key_epoch INTEGER NOT NULL DEFAULT 1;
CREATE TABLE roots (
  version INTEGER PRIMARY KEY,
  frame BLOB NOT NULL,
  created_s INTEGER NOT NULL
) STRICT;
CREATE TABLE trusts (
  version INTEGER PRIMARY KEY,
  frame BLOB NOT NULL,
  created_s INTEGER NOT NULL
) STRICT;
)sql",
    // 3: configurations, and what devices go by besides their firmware
    R"sql(
ALTER TABLE products ADD COLUMN config_version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN root_version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN trust_version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN config_version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN config_failed INTEGER NOT NULL DEFAULT 0;
CREATE TABLE configurations (
  product TEXT NOT NULL REFERENCES products (name),
  version INTEGER NOT NULL,
  sha256 BLOB NOT NULL,
  document TEXT NOT NULL,
  created_s INTEGER NOT NULL,
  PRIMARY KEY (product, version),
  UNIQUE (product, sha256)
) STRICT;
)sql",
    // 4: counts of reports that were rolled up; an outcome outlives its report
    R"sql(
CREATE TABLE outcomes_kept (
  device TEXT NOT NULL REFERENCES devices (id),
  manifest BLOB NOT NULL REFERENCES releases (manifest_sha256),
  outcome TEXT NOT NULL,
  error TEXT NOT NULL,
  report INTEGER NOT NULL,
  PRIMARY KEY (device, manifest)
) STRICT;
INSERT INTO outcomes_kept SELECT device, manifest, outcome, error, report FROM outcomes;
DROP TABLE outcomes;
ALTER TABLE outcomes_kept RENAME TO outcomes;
CREATE INDEX reports_by_time ON reports (received_s);
CREATE TABLE report_counts (
  product TEXT NOT NULL REFERENCES products (name),
  version TEXT NOT NULL,
  outcome TEXT NOT NULL,
  day INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (product, day, version, outcome)
) STRICT, WITHOUT ROWID;
CREATE INDEX report_counts_by_day ON report_counts (day);
CREATE TABLE rolled_up (
  device TEXT PRIMARY KEY REFERENCES devices (id),
  report_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
)sql",
    // 5: answers to requests that may be sent again
    R"sql(
CREATE TABLE kept_answers (
  id BLOB PRIMARY KEY,
  request BLOB NOT NULL,
  created_s INTEGER NOT NULL,
  sealed BLOB NOT NULL
) STRICT;
CREATE INDEX kept_answers_by_time ON kept_answers (created_s);
)sql",
    // 6: accounts, and tokens that act for them, in place of tokens that may all
    R"sql(
CREATE TABLE accounts (
  name TEXT PRIMARY KEY,
  role TEXT NOT NULL,
  password TEXT NOT NULL,
  created_s INTEGER NOT NULL
) STRICT;
CREATE TABLE tokens (
  hash BLOB PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  account TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE,
  role TEXT NOT NULL,
  product TEXT NOT NULL,
  created_s INTEGER NOT NULL,
  expires_s INTEGER NOT NULL,
  used_s INTEGER NOT NULL
) STRICT;
CREATE INDEX tokens_by_account ON tokens (account);
INSERT INTO accounts SELECT 'admin', 'admin', '', MIN(created_s) FROM admin_tokens
  HAVING COUNT(*) > 0;
INSERT INTO tokens SELECT hash, lower(substr(hex(hash), 1, 12)), 'token', 'admin', 'admin', '',
  created_s, 0, 0 FROM admin_tokens;
DROP TABLE admin_tokens;
)sql",
    // 7: the audit log
    R"sql(
CREATE TABLE audit (
  number INTEGER PRIMARY KEY,
  hash BLOB NOT NULL,
  line TEXT NOT NULL
) STRICT;
)sql",
    // 8: releases that wait until a second account approves them
    R"sql(
ALTER TABLE products ADD COLUMN needs_approval INTEGER NOT NULL DEFAULT 0;
ALTER TABLE releases ADD COLUMN published_by TEXT NOT NULL DEFAULT '';
ALTER TABLE releases ADD COLUMN is_pending INTEGER NOT NULL DEFAULT 0;
ALTER TABLE releases ADD COLUMN approved_by TEXT NOT NULL DEFAULT '';
)sql",
    // 9: whom a product takes, and how each device stands
    R"sql(
ALTER TABLE products ADD COLUMN enrolment TEXT NOT NULL DEFAULT 'open';
ALTER TABLE products ADD COLUMN allows_plain INTEGER NOT NULL DEFAULT 1;
ALTER TABLE devices ADD COLUMN standing TEXT NOT NULL DEFAULT 'plain';
UPDATE devices SET standing = 'enrolled' WHERE enrolled = 1;
ALTER TABLE devices DROP COLUMN enrolled;
)sql",
    // 10: how operators sort devices
    R"sql(
CREATE TABLE labels (
  device TEXT PRIMARY KEY REFERENCES devices (id),
  document TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE device_groups (
  product TEXT NOT NULL REFERENCES products (name),
  name TEXT NOT NULL,
  filter TEXT NOT NULL,
  created_s INTEGER NOT NULL,
  PRIMARY KEY (product, name)
) STRICT, WITHOUT ROWID;
)sql",
    // 11: how devices fare: what their last check-in said, and their abnormal resets so far
    R"sql(
ALTER TABLE devices ADD COLUMN checked_in_s INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN uptime_s INTEGER NOT NULL DEFAULT -1;
ALTER TABLE devices ADD COLUMN reset_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE devices ADD COLUMN heap_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN rssi_dbm INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN resets INTEGER NOT NULL DEFAULT 0;
)sql",
    // 12: what operators ask of devices
    R"sql(
ALTER TABLE devices ADD COLUMN command TEXT NOT NULL DEFAULT '';
ALTER TABLE devices ADD COLUMN command_number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN command_requested_s INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN command_told_s INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN command_told_uptime_s INTEGER NOT NULL DEFAULT 0;
)sql",
    // 13: rollouts, and releases that go out by them alone
    R"sql(
ALTER TABLE products ADD COLUMN is_staged INTEGER NOT NULL DEFAULT 0;
ALTER TABLE releases ADD COLUMN is_staged INTEGER NOT NULL DEFAULT 0;
CREATE TABLE rollouts (
  id TEXT PRIMARY KEY,
  product TEXT NOT NULL REFERENCES products (name),
  version TEXT NOT NULL,
  revision INTEGER NOT NULL,
  record TEXT NOT NULL
) STRICT;
CREATE TABLE rollout_parts (
  rollout TEXT NOT NULL REFERENCES rollouts (id),
  device TEXT NOT NULL,
  site TEXT NOT NULL,
  stage INTEGER NOT NULL,
  started_s INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  retry_at_s INTEGER NOT NULL,
  end TEXT NOT NULL,
  ended_s INTEGER NOT NULL,
  control TEXT NOT NULL,
  pair_since_s INTEGER NOT NULL,
  pair_until_s INTEGER NOT NULL,
  resets INTEGER NOT NULL,
  control_resets INTEGER NOT NULL,
  pair_is_over INTEGER NOT NULL,
  PRIMARY KEY (rollout, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX outcomes_by_manifest ON outcomes (manifest);
)sql",
    // 14: what each device is
    R"sql(
ALTER TABLE devices ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN hardware TEXT NOT NULL DEFAULT '';
ALTER TABLE devices ADD COLUMN layout TEXT NOT NULL DEFAULT '';
ALTER TABLE devices ADD COLUMN client TEXT NOT NULL DEFAULT '';
)sql",
    // 15: experiments, and what was measured of their devices
    R"sql(
ALTER TABLE rollout_parts ADD COLUMN value TEXT NOT NULL DEFAULT '0';
CREATE TABLE experiments (
  id TEXT PRIMARY KEY,
  product TEXT NOT NULL REFERENCES products (name),
  revision INTEGER NOT NULL,
  record TEXT NOT NULL
) STRICT;
)sql",
    // 16: who signs in by an identity provider, and when shared keys were in use
    R"sql(
CREATE TABLE identities (
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  account TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE,
  created_s INTEGER NOT NULL,
  PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX identities_by_account ON identities (account);
ALTER TABLE api_keys ADD COLUMN used_s INTEGER NOT NULL DEFAULT 0;
)sql",
    // 17: why devices were skipped, and the highest sequence that each has accepted
    R"sql(
ALTER TABLE rollout_parts ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE devices ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
)sql",
    // 18: how devices fared over time, their logs and core dumps
    R"sql(
CREATE TABLE samples (
  device TEXT NOT NULL REFERENCES devices (id),
  start_s INTEGER NOT NULL,
  span_s INTEGER NOT NULL,
  version TEXT NOT NULL,
  boot_state TEXT NOT NULL,
  uptime_s INTEGER NOT NULL,
  reset_reason TEXT NOT NULL,
  resets INTEGER NOT NULL,
  heap_bytes INTEGER NOT NULL,
  rssi_dbm INTEGER NOT NULL,
  PRIMARY KEY (device, start_s, span_s)
) STRICT, WITHOUT ROWID;
CREATE INDEX samples_by_age ON samples (span_s, start_s);
CREATE TABLE version_days (
  product TEXT NOT NULL REFERENCES products (name),
  day INTEGER NOT NULL,
  version TEXT NOT NULL,
  devices INTEGER NOT NULL,
  PRIMARY KEY (product, day, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX version_days_by_day ON version_days (day);
CREATE TABLE device_logs (
  number INTEGER PRIMARY KEY,
  device TEXT NOT NULL REFERENCES devices (id),
  received_s INTEGER NOT NULL,
  version TEXT NOT NULL,
  text TEXT NOT NULL
) STRICT;
CREATE INDEX device_logs_by_device ON device_logs (device);
CREATE INDEX device_logs_by_time ON device_logs (received_s);
CREATE TABLE dumps (
  number INTEGER PRIMARY KEY,
  device TEXT NOT NULL REFERENCES devices (id),
  sha256 BLOB NOT NULL,
  size_bytes INTEGER NOT NULL,
  received_s INTEGER NOT NULL,
  version TEXT NOT NULL,
  is_whole INTEGER NOT NULL
) STRICT;
CREATE INDEX dumps_by_device ON dumps (device);
CREATE INDEX dumps_by_time ON dumps (received_s);
CREATE INDEX dumps_by_content ON dumps (sha256);
CREATE TABLE dump_pieces (
  dump INTEGER NOT NULL REFERENCES dumps (number) ON DELETE CASCADE,
  start INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (dump, start)
) STRICT, WITHOUT ROWID;
CREATE TABLE dump_bytes (
  sha256 BLOB PRIMARY KEY,
  bytes BLOB NOT NULL
) STRICT;
)sql",
    // 19: configurations of groups and devices, and what they give merged
    R"sql(
CREATE TABLE configuration_layers (
  product TEXT NOT NULL REFERENCES products (name),
  kind INTEGER NOT NULL,
  name TEXT NOT NULL,
  patch TEXT NOT NULL,
  created_s INTEGER NOT NULL,
  PRIMARY KEY (product, kind, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX configuration_layers_by_name ON configuration_layers (kind, name);
CREATE TABLE merged_configurations (
  product TEXT NOT NULL REFERENCES products (name),
  version INTEGER NOT NULL,
  base INTEGER NOT NULL,
  values_sha256 BLOB NOT NULL,
  sha256 BLOB NOT NULL,
  document TEXT NOT NULL,
  created_s INTEGER NOT NULL,
  PRIMARY KEY (product, version),
  UNIQUE (product, base, values_sha256),
  UNIQUE (product, sha256)
) STRICT;
)sql",
    // 20: what devices' applications measure: what their last check-in said
    R"sql(
ALTER TABLE devices ADD COLUMN metrics TEXT NOT NULL DEFAULT '';
)sql",
    // 21: by whom configurations of groups and devices were set
    R"sql(
ALTER TABLE configuration_layers ADD COLUMN created_by TEXT NOT NULL DEFAULT '';
)sql",
};

int64_t pragma(SqliteConnection& connection, const char* sql) {
  Statement statement = connection.query(sql);
  return statement.step() ? statement.integer(0) : 0;
}

}  // namespace

int newest_schema() { return static_cast<int>(std::size(kSteps)); }

const char* schema_step(int number) { return kSteps[number - 1]; }

void refuse_foreign(SqliteConnection& connection, const std::string& path) {
  const int64_t version = pragma(connection, "PRAGMA user_version");
  if (version > newest_schema()) {
    throw StoreError(path + ": written by a newer otter (schema " + std::to_string(version) +
                     ", this program knows " + std::to_string(newest_schema()) +
                     "); update the program");
  }
  const int64_t application = pragma(connection, "PRAGMA application_id");
  const int64_t tables = pragma(connection, "SELECT COUNT(*) FROM sqlite_schema");
  if (application != kApplicationId && (version != 0 || tables != 0)) {
    throw StoreError(path + ": not an otter database");
  }
}

void migrate(SqliteConnection& connection, const std::string& path, int schema) {
  refuse_foreign(connection, path);
  if (pragma(connection, "PRAGMA user_version") >= schema) return;
  Transaction transaction(connection);
  // Read again under the write lock: another process may have been quicker.
  for (int64_t step = pragma(connection, "PRAGMA user_version"); step < schema; ++step) {
    connection.execute(kSteps[step]);
    connection.execute(("PRAGMA user_version = " + std::to_string(step + 1)).c_str());
  }
  connection.execute(("PRAGMA application_id = " + std::to_string(kApplicationId)).c_str());
  transaction.commit();
}

}  // namespace otter::server
