#include "server/store_sqlite.h"

#include "server/store_sqlite_schema.h"
#include "server/store_sqlite_tables.h"

namespace otter::server {

SqliteStore::SqliteStore(const std::string& path) : pool_(path) {
  ConnectionPool::Writer writer(pool_);
  migrate(*writer, path, newest_schema());
}

void SqliteStore::atomically(const std::function<void()>& work) {
  ConnectionPool::Writer writer(pool_);
  if (pool_.is_claimed_here()) return work();
  Transaction transaction(*writer);
  const ConnectionPool::Claim claim(pool_);
  work();
  transaction.commit();
}

std::unique_ptr<Store> open_sqlite_store(const std::string& path) {
  return std::make_unique<SqliteStore>(path);
}

}  // namespace otter::server
