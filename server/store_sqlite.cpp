#include "server/store_sqlite.h"

#include "server/store_sqlite_schema.h"
#include "server/store_sqlite_tables.h"

namespace otter::server {

namespace {

StoreTimings timings_in(Metrics* metrics) {
  if (metrics == nullptr) return {};
  constexpr MetricName kTimings = {"otter_store_seconds", "How long calls of the store took"};
  return {&metrics->histogram(kTimings, {{"kind", "read"}}),
          &metrics->histogram(kTimings, {{"kind", "write"}})};
}

}  // namespace

SqliteStore::SqliteStore(const std::string& path, const StoreTimings& timings)
    : pool_(path, timings) {
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

// SQLite writes the page that holds its version, whether or not it changes.
void SqliteStore::check() {
  ConnectionPool::Writer writer(pool_);
  Transaction transaction(*writer);
  writer->query("SELECT 1 FROM products LIMIT 1").step();
  writer->execute(("PRAGMA user_version = " + std::to_string(newest_schema())).c_str());
  transaction.commit();
}

std::unique_ptr<Store> open_sqlite_store(const std::string& path, Metrics* metrics) {
  return std::make_unique<SqliteStore>(path, timings_in(metrics));
}

}  // namespace otter::server
