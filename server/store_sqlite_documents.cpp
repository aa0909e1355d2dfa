// Root metadata and trust payloads.
#include "server/store_sqlite_tables.h"

namespace otter::server {
namespace {

std::optional<StoredDocument> document_of(Statement row) {
  if (!row.step()) return std::nullopt;
  return StoredDocument{static_cast<uint32_t>(row.integer(0)), row.blob(1), row.integer(2)};
}

}  // namespace

bool SqliteStore::add_root(const StoredDocument& root) {
  ConnectionPool::Writer writer(pool_);
  return writer->change(
             "INSERT INTO roots (version, frame, created_s) SELECT ?1, ?2, ?3 "
             "WHERE ?1 = COALESCE((SELECT MAX(version) + 1 FROM roots), ?1)",
             root.version, root.frame, root.created_s) == 1;
}

std::optional<StoredDocument> SqliteStore::root(uint32_t version) {
  ConnectionPool::Reader reader(pool_);
  return document_of(
      reader->query("SELECT version, frame, created_s FROM roots WHERE version = ?", version));
}

bool SqliteStore::add_trust(const StoredDocument& trust) {
  ConnectionPool::Writer writer(pool_);
  return writer->change(
             "INSERT INTO trusts (version, frame, created_s) SELECT ?1, ?2, ?3 "
             "WHERE ?1 > COALESCE((SELECT MAX(version) FROM trusts), 0)",
             trust.version, trust.frame, trust.created_s) == 1;
}

std::optional<StoredDocument> SqliteStore::trust(uint32_t version) {
  ConnectionPool::Reader reader(pool_);
  return document_of(
      reader->query("SELECT version, frame, created_s FROM trusts WHERE version = ?", version));
}

DocumentVersions SqliteStore::document_versions() {
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query(
      "SELECT COALESCE((SELECT MAX(version) FROM roots), 0), "
      "COALESCE((SELECT MAX(version) FROM trusts), 0)");
  if (!row.step()) return {};
  return {static_cast<uint32_t>(row.integer(0)), static_cast<uint32_t>(row.integer(1))};
}

}  // namespace otter::server
