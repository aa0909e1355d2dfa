// Releases.
#include <algorithm>

#include "server/store_sqlite_tables.h"

namespace otter::server {
namespace {

#define RELEASE_COLUMNS                                                                    \
  "product, channel, version, sequence, chip, size_bytes, manifest_sha256, image_sha256, " \
  "app_elf_sha256, image_hmac, envelope, notes, created_s, published_by, is_pending, "     \
  "approved_by, is_staged"

Release release_at(const Statement& row) {
  Release release;
  release.product = row.text(0);
  release.channel = row.text(1);
  release.version = row.text(2);
  release.sequence = static_cast<uint64_t>(row.integer(3));
  release.chip = row.text(4);
  release.size_bytes = static_cast<uint32_t>(row.integer(5));
  release.manifest_sha256 = row.digest(6);
  release.image_sha256 = row.digest(7);
  release.app_elf_sha256 = row.digest(8);
  release.image_hmac = row.digest(9);
  release.envelope = row.blob(10);
  release.notes = row.text(11);
  release.created_s = row.integer(12);
  release.published_by = row.text(13);
  release.is_pending = row.integer(14) != 0;
  release.approved_by = row.text(15);
  release.is_staged = row.integer(16) != 0;
  return release;
}

std::vector<ReleasePtr> all_of(Statement row) {
  std::vector<ReleasePtr> all;
  while (row.step()) all.push_back(std::make_shared<const Release>(release_at(row)));
  return all;
}

#define RELEASE_FILTER                                                              \
  " AND (?2 = '' OR channel = ?2) AND (?3 = '' OR version = ?3) "                   \
  "AND (?4 IS NULL OR image_sha256 = ?4) AND (?5 IS NULL OR manifest_sha256 = ?5) " \
  "AND sequence > ?6 AND is_pending <= ?7 "                                         \
  "AND (product, channel, -sequence) > (?8, ?9, -?10) "                             \
  "ORDER BY product, channel, sequence DESC LIMIT ?11"

uint64_t last_sequence(SqliteConnection& connection, const std::string& product,
                       const std::string& channel) {
  Statement row = connection.query(
      "SELECT COALESCE(MAX(sequence), 0) FROM releases WHERE product = ? AND channel = ?", product,
      channel);
  return row.step() ? static_cast<uint64_t>(row.integer(0)) : 0;
}

bool has_version(SqliteConnection& connection, const Release& release) {
  return connection
      .query("SELECT 1 FROM releases WHERE product = ? AND version = ?", release.product,
             release.version)
      .step();
}

}  // namespace

AddRelease SqliteStore::add_release(const Release& release) {
  ConnectionPool::Writer writer(pool_, kCatalogue);
  Transaction transaction(*writer);
  const bool fits =
      writer->change("UPDATE products SET chip = ?1 WHERE name = ?2 AND (chip = '' OR chip = ?1)",
                     release.chip, release.product) == 1;
  if (!fits) return AddRelease::chip_differs;
  if (has_version(*writer, release)) return AddRelease::version_used;
  if (release.sequence <= last_sequence(*writer, release.product, release.channel)) {
    return AddRelease::sequence_used;
  }
  writer->change("INSERT INTO releases (" RELEASE_COLUMNS
                 ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                 release.product, release.channel, release.version, release.sequence, release.chip,
                 release.size_bytes, release.manifest_sha256, release.image_sha256,
                 release.app_elf_sha256, release.image_hmac, release.envelope, release.notes,
                 release.created_s, release.published_by, release.is_pending, release.approved_by,
                 release.is_staged);
  transaction.commit();
  return AddRelease::added;
}

std::vector<ReleasePtr> SqliteStore::releases(const ReleaseQuery& query) {
  ConnectionPool::Reader reader(pool_);
  // Each has the condition in front that an index answers.
  const char* const sql =
      query.manifest_sha256.has_value()
          ? "SELECT " RELEASE_COLUMNS
            " FROM releases WHERE manifest_sha256 = ?5 AND (?1 = '' OR product = ?1)" RELEASE_FILTER
      : query.product.empty()
          ? "SELECT " RELEASE_COLUMNS " FROM releases WHERE ?1 = ''" RELEASE_FILTER
          : "SELECT " RELEASE_COLUMNS " FROM releases WHERE product = ?1" RELEASE_FILTER;
  return all_of(reader->query(sql, query.product, query.channel, query.version, query.image_sha256,
                              query.manifest_sha256, query.above_sequence, query.with_pending,
                              query.after.product, query.after.channel, query.after.sequence,
                              limit_of(query.count_max)));
}

bool SqliteStore::approve_release(const Digest& manifest_sha256, const std::string& account) {
  ConnectionPool::Writer writer(pool_, kCatalogue);
  return writer->change(
             "UPDATE releases SET is_pending = 0, approved_by = ? "
             "WHERE manifest_sha256 = ? AND is_pending = 1",
             account, manifest_sha256) == 1;
}

}  // namespace otter::server
