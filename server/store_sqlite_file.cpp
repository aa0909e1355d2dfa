#include "server/store_sqlite_file.h"

#include "server/store.h"
#include "server/store_sqlite_connection.h"
#include "server/store_sqlite_labels.h"
#include "server/store_sqlite_schema.h"

namespace otter::server {
namespace {

constexpr int64_t kFaultsMax = 100;  // [lines]
constexpr int kLabelsSince = 10;     // the schema

}  // namespace

DatabaseFile::DatabaseFile(const std::string& path)
    : path_(path), connection_(std::make_unique<SqliteConnection>(path, SqliteAccess::read)) {
  refuse_foreign(*connection_, path);
  if (schema() == 0) throw StoreError(path + ": not an otter database");
}

DatabaseFile::~DatabaseFile() = default;

int DatabaseFile::schema() {
  Statement row = connection_->query("PRAGMA user_version");
  return row.step() ? static_cast<int>(row.integer(0)) : 0;
}

void DatabaseFile::snapshot_to(const std::string& path) {
  try {
    connection_->query("VACUUM INTO ?", path).run();
  } catch (const StoreError& error) {  // which names the database alone
    throw StoreError("can't write the snapshot " + path + " of " + error.what());
  }
}

std::vector<std::string> DatabaseFile::faults() {
  std::vector<std::string> lines;
  // The words of a damaged page's reader are a row here, or an error of step(): both are a line.
  try {
    Statement integrity = connection_->query("PRAGMA integrity_check(100)");
    while (integrity.step()) {
      if (integrity.text(0) != "ok") lines.push_back(integrity.text(0));
    }
    Statement foreign = connection_->query(
        "SELECT \"table\", COALESCE(rowid, ''), parent FROM pragma_foreign_key_check LIMIT ?",
        kFaultsMax);
    while (foreign.step()) {
      lines.push_back("row " + foreign.text(1) + " of " + foreign.text(0) + " has no " +
                      foreign.text(2));
    }
    if (schema() >= kLabelsSince) {
      Statement labels = connection_->query("SELECT device, document FROM labels ORDER BY device");
      while (labels.step()) {
        if (read_labels(labels.text(1)).has_value()) continue;
        lines.push_back("the labels of " + labels.text(0) + " can't be read");
      }
    }
  } catch (const StoreError& error) {
    lines.emplace_back(error.what());
  }
  if (lines.size() > kFaultsMax) lines.resize(kFaultsMax);
  return lines;
}

std::vector<NeededBlob> DatabaseFile::needed_blobs() {
  Statement row = connection_->query(
      "SELECT image_sha256, size_bytes, MIN(product || ' ' || version) FROM releases "
      "GROUP BY image_sha256 ORDER BY image_sha256");
  std::vector<NeededBlob> blobs;
  while (row.step()) {
    blobs.push_back({row.digest(0), static_cast<uint64_t>(row.integer(1)), row.text(2)});
  }
  return blobs;
}

int64_t DatabaseFile::newest_record_s() {
  Statement row = connection_->query(
      "SELECT MAX(COALESCE((SELECT MAX(last_seen_s) FROM devices), 0), "
      "COALESCE((SELECT MAX(created_s) FROM releases), 0), "
      "COALESCE((SELECT received_s FROM reports ORDER BY number DESC LIMIT 1), 0))");
  return row.step() ? row.integer(0) : 0;
}

std::vector<NewestRelease> DatabaseFile::newest_releases() {
  // With MAX() the other columns are those of its row: sqlite.org/lang_select.html, section 2.5.
  Statement row = connection_->query(
      "SELECT product || ' ' || channel || ' ' || version, envelope, MAX(sequence) FROM releases "
      "WHERE is_pending = 0 GROUP BY product, channel ORDER BY product, channel");
  std::vector<NewestRelease> releases;
  while (row.step()) releases.push_back({row.text(0), row.blob(1)});
  return releases;
}

std::vector<uint8_t> DatabaseFile::newest_root() {
  Statement row = connection_->query("SELECT frame FROM roots ORDER BY version DESC LIMIT 1");
  return row.step() ? row.blob(0) : std::vector<uint8_t>();
}

int64_t DatabaseFile::release_key_count() {
  Statement row = connection_->query("SELECT COUNT(*) FROM release_keys");
  return row.step() ? row.integer(0) : 0;
}

Silence DatabaseFile::silence(int64_t since_s) {
  Statement row = connection_->query(
      "SELECT COUNT(*), COALESCE(SUM(last_seen_s = 0), 0), "
      "COALESCE(SUM(last_seen_s > 0 AND last_seen_s < ?1), 0), "
      "COALESCE((SELECT id FROM devices WHERE standing = 'enrolled' AND last_seen_s BETWEEN 1 AND "
      "?1 - 1 "
      "ORDER BY last_seen_s LIMIT 1), '') FROM devices WHERE standing = 'enrolled'",
      since_s);
  Silence silence;
  if (row.step()) silence = {row.integer(0), row.integer(1), row.integer(2), row.text(3)};
  return silence;
}

}  // namespace otter::server
