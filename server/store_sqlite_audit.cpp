// The audit log.
#include <algorithm>

#include "server/store_sqlite_tables.h"

namespace otter::server {

bool SqliteStore::add_audit_entry(const AuditEntry& entry) {
  ConnectionPool::Writer writer(pool_);
  return writer->change(
             "INSERT INTO audit (number, hash, line) SELECT ?1, ?2, ?3 "
             "WHERE ?1 = (SELECT COALESCE(MAX(number), 0) + 1 FROM audit)",
             entry.number, entry.hash, entry.line) == 1;
}

std::vector<AuditEntry> SqliteStore::audit_entries(const AuditQuery& query) {
  ConnectionPool::Reader reader(pool_);
  const char* const sql =
      query.newest_first
          ? "SELECT number, hash, line FROM audit WHERE number > ? ORDER BY number DESC LIMIT ?"
          : "SELECT number, hash, line FROM audit WHERE number > ? ORDER BY number LIMIT ?";
  const auto count_max = static_cast<int64_t>(std::min<size_t>(query.count_max, INT64_MAX));
  Statement row = reader->query(sql, query.above, count_max);
  std::vector<AuditEntry> all;
  while (row.step()) {
    all.push_back({static_cast<uint64_t>(row.integer(0)), row.digest(1), row.text(2)});
  }
  return all;
}

}  // namespace otter::server
