// Releases.
#include "server/store_sqlite_tables.h"

namespace otter::server {
namespace {

#define RELEASE_COLUMNS                                                                    \
  "product, channel, version, sequence, chip, size_bytes, manifest_sha256, image_sha256, " \
  "app_elf_sha256, image_hmac, envelope, notes, created_s"

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
  return release;
}

std::optional<Release> first(Statement row) {
  return row.step() ? std::optional(release_at(row)) : std::nullopt;
}

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
  ConnectionPool::Writer writer(pool_);
  Transaction transaction(*writer);
  const bool fits =
      writer->change("UPDATE products SET chip = ?1 WHERE name = ?2 AND (chip = '' OR chip = ?1)",
                     release.chip, release.product) == 1;
  if (!fits) return AddRelease::chip_differs;
  if (has_version(*writer, release)) return AddRelease::version_used;
  if (release.sequence <= last_sequence(*writer, release.product, release.channel)) {
    return AddRelease::sequence_used;
  }
  writer->change(
      "INSERT INTO releases (" RELEASE_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      release.product, release.channel, release.version, release.sequence, release.chip,
      release.size_bytes, release.manifest_sha256, release.image_sha256, release.app_elf_sha256,
      release.image_hmac, release.envelope, release.notes, release.created_s);
  transaction.commit();
  return AddRelease::added;
}

std::optional<Release> SqliteStore::release_of_version(const std::string& product,
                                                       const std::string& version) {
  ConnectionPool::Reader reader(pool_);
  return first(reader->query("SELECT " RELEASE_COLUMNS
                             " FROM releases WHERE product = ? AND version = ?",
                             product, version));
}

std::optional<Release> SqliteStore::release_of_image(const std::string& product,
                                                     const Digest& image_sha256) {
  ConnectionPool::Reader reader(pool_);
  return first(reader->query("SELECT " RELEASE_COLUMNS
                             " FROM releases WHERE product = ? AND image_sha256 = ? LIMIT 1",
                             product, image_sha256));
}

std::optional<Release> SqliteStore::release_of_manifest(const Digest& manifest_sha256) {
  ConnectionPool::Reader reader(pool_);
  return first(reader->query("SELECT " RELEASE_COLUMNS " FROM releases WHERE manifest_sha256 = ?",
                             manifest_sha256));
}

std::optional<Release> SqliteStore::newest_release(const std::string& product,
                                                   const std::string& channel) {
  ConnectionPool::Reader reader(pool_);
  return first(reader->query("SELECT " RELEASE_COLUMNS
                             " FROM releases WHERE product = ? AND channel = ? "
                             "ORDER BY sequence DESC LIMIT 1",
                             product, channel));
}

void SqliteStore::visit_releases_above(const std::string& product, const std::string& channel,
                                       uint64_t sequence,
                                       const std::function<bool(const Release&)>& use) {
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query("SELECT " RELEASE_COLUMNS
                                " FROM releases WHERE product = ? AND channel = ? "
                                "AND sequence > ? ORDER BY sequence DESC",
                                product, channel, sequence);
  while (row.step()) {
    if (use(release_at(row))) return;
  }
}

std::vector<Release> SqliteStore::releases(const std::string& product) {
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query("SELECT " RELEASE_COLUMNS
                                " FROM releases WHERE ?1 = '' OR product = ?1 "
                                "ORDER BY product, channel, sequence DESC",
                                product);
  std::vector<Release> all;
  while (row.step()) all.push_back(release_at(row));
  return all;
}

uint64_t SqliteStore::next_sequence(const std::string& product, const std::string& channel) {
  ConnectionPool::Reader reader(pool_);
  return last_sequence(*reader, product, channel) + 1;
}

}  // namespace otter::server
