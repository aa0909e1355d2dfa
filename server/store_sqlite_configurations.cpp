// Configurations of products, and how far they have come.
#include "server/store_sqlite_tables.h"

namespace otter::server {
namespace {

#define CONFIGURATION_COLUMNS "product, version, sha256, document, created_s"

Configuration configuration_at(const Statement& row) {
  return {row.text(0), static_cast<uint32_t>(row.integer(1)), row.digest(2), row.text(3),
          row.integer(4)};
}

}  // namespace

bool SqliteStore::add_configuration(const Configuration& configuration) {
  ConnectionPool::Writer writer(pool_, kCatalogue);
  return writer->change("INSERT INTO configurations (" CONFIGURATION_COLUMNS
                        ") SELECT ?1, ?2, ?3, ?4, ?5 WHERE ?2 > " NEWEST_CONFIGURATION,
                        configuration.product, configuration.version, configuration.sha256,
                        configuration.document, configuration.created_s) == 1;
}

std::vector<Configuration> SqliteStore::configurations(const ConfigurationQuery& query) {
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query("SELECT " CONFIGURATION_COLUMNS
                                " FROM configurations WHERE product = ?1 "
                                "AND (?2 = 0 OR version = ?2) AND (?3 IS NULL OR sha256 = ?3) "
                                "AND version < ?4 ORDER BY version DESC LIMIT ?5",
                                query.product, query.version, query.sha256, query.below_version,
                                limit_of(query.count_max));
  std::vector<Configuration> all;
  while (row.step()) all.push_back(configuration_at(row));
  return all;
}

ConfigurationSpread SqliteStore::configuration_spread(const std::string& product,
                                                      uint32_t version) {
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query(
      "WITH same AS (SELECT ?2 AS version UNION ALL "
      "SELECT version FROM merged_configurations WHERE product = ?1 AND base = ?2) "
      "SELECT COUNT(*), COALESCE(SUM(config_version IN same), 0), "
      "COALESCE(SUM(config_failed IN same AND config_version NOT IN same), 0) FROM devices "
      "WHERE product = ?1 AND standing = 'enrolled'",
      product, version);
  if (!row.step()) return {};
  return {row.integer(0), row.integer(1), row.integer(2)};
}

}  // namespace otter::server
