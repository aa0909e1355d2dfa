// Root metadata and trust payloads.
#include "server/store_sqlite_tables.h"

namespace otter::server {
namespace {

std::optional<StoredDocument> document_of(Statement row) {
  if (!row.step()) return std::nullopt;
  return StoredDocument{static_cast<uint32_t>(row.integer(0)), row.blob(1), row.integer(2)};
}

}  // namespace

bool SqliteStore::add_document(DocumentKind kind, const StoredDocument& document) {
  ConnectionPool::Writer writer(pool_, kCatalogue);
  const char* const sql = kind == DocumentKind::root
                              ? "INSERT INTO roots (version, frame, created_s) SELECT ?1, ?2, ?3 "
                                "WHERE ?1 = COALESCE((SELECT MAX(version) + 1 FROM roots), ?1)"
                              : "INSERT INTO trusts (version, frame, created_s) SELECT ?1, ?2, ?3 "
                                "WHERE ?1 > COALESCE((SELECT MAX(version) FROM trusts), 0)";
  return writer->change(sql, document.version, document.frame, document.created_s) == 1;
}

std::optional<StoredDocument> SqliteStore::document(DocumentKind kind, uint32_t version) {
  ConnectionPool::Reader reader(pool_);
  const char* const sql = kind == DocumentKind::root
                              ? "SELECT version, frame, created_s FROM roots WHERE version = ?"
                              : "SELECT version, frame, created_s FROM trusts WHERE version = ?";
  return document_of(reader->query(sql, version));
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
