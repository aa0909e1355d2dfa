// Configurations for a part of a product's devices, and what they give merged.
#include "server/store_sqlite_tables.h"

namespace otter::server {
namespace {

// Of the owner ?1 (product), ?2 (kind), ?3 (name); no row if there is no such group or device.
constexpr char kPut[] =
    "INSERT INTO configuration_layers (product, kind, name, patch, created_s, created_by) "
    "SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE CASE ?2 "
    "WHEN 0 THEN EXISTS (SELECT 1 FROM device_groups WHERE product = ?1 AND name = ?3) "
    "ELSE EXISTS (SELECT 1 FROM devices WHERE product = ?1 AND id = ?3) END "
    "ON CONFLICT (product, kind, name) "
    "DO UPDATE SET patch = excluded.patch, created_s = excluded.created_s, "
    "created_by = excluded.created_by";

int64_t column_of(LayerKind kind) { return static_cast<int64_t>(kind); }

}  // namespace

const char* name(LayerKind kind) {
  switch (kind) {
#define OTTER_LAYER_KIND_NAME(word) \
  case LayerKind::word:             \
    return #word;
    OTTER_LAYER_KINDS(OTTER_LAYER_KIND_NAME)
#undef OTTER_LAYER_KIND_NAME
  }
  return "";
}

void remove_layer_of(SqliteConnection& connection, const std::string& device) {
  connection.change("DELETE FROM configuration_layers WHERE kind = ? AND name = ?",
                    column_of(LayerKind::device), device);
}

bool SqliteStore::put_layer(const ConfigurationLayer& layer) {
  ConnectionPool::Writer writer(pool_, kCatalogue);
  return writer->change(kPut, layer.owner.product, column_of(layer.owner.kind), layer.owner.name,
                        layer.values, layer.created_s, layer.created_by) == 1;
}

bool SqliteStore::remove_layer(const LayerOwner& owner) {
  ConnectionPool::Writer writer(pool_, kCatalogue);
  return writer->change(
             "DELETE FROM configuration_layers WHERE product = ? AND kind = ? AND name = ?",
             owner.product, column_of(owner.kind), owner.name) == 1;
}

std::vector<ConfigurationLayer> SqliteStore::layers(const LayerQuery& query) {
  const LayerOwner after = query.after.value_or(LayerOwner());
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query(
      "SELECT product, kind, name, patch, created_s, created_by FROM configuration_layers "
      "WHERE product = ?1 AND (?2 < 0 OR kind = ?2) AND (?3 = '' OR name = ?3) "
      "AND (kind, name) > (?4, ?5) "
      "ORDER BY kind, name LIMIT ?6",
      query.product, query.kind.has_value() ? column_of(*query.kind) : int64_t{-1}, query.name,
      column_of(after.kind), after.name, limit_of(query.count_max));
  std::vector<ConfigurationLayer> all;
  while (row.step()) {
    all.push_back({{row.text(0), static_cast<LayerKind>(row.integer(1)), row.text(2)},
                   row.text(3),
                   row.integer(4),
                   row.text(5)});
  }
  return all;
}

uint32_t SqliteStore::next_configuration(const std::string& product) {
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query("SELECT " NEWEST_CONFIGURATION, product);
  return static_cast<uint32_t>(row.step() ? row.integer(0) : 0) + 1;
}

bool SqliteStore::add_merged(const MergedConfiguration& merged) {
  const Configuration& configuration = merged.configuration;
  ConnectionPool::Writer writer(pool_);
  return writer->change(
             "INSERT INTO merged_configurations (product, version, base, values_sha256, sha256, "
             "document, created_s) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 "
             "WHERE ?2 > " NEWEST_CONFIGURATION,
             configuration.product, configuration.version, merged.base, merged.values_sha256,
             configuration.sha256, configuration.document, configuration.created_s) == 1;
}

std::optional<MergedConfiguration> SqliteStore::merged(const MergedQuery& query) {
  std::optional<int64_t> base;
  if (query.base.has_value()) base = *query.base;
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query(
      "SELECT product, version, base, values_sha256, sha256, document, created_s "
      "FROM merged_configurations WHERE product = ?1 AND (?2 = 0 OR version = ?2) "
      "AND (?3 IS NULL OR sha256 = ?3) AND (?4 IS NULL OR base = ?4) "
      "AND (?5 IS NULL OR values_sha256 = ?5) LIMIT 1",
      query.product, query.version, query.sha256, base, query.values_sha256);
  if (!row.step()) return std::nullopt;
  return MergedConfiguration{{row.text(0), static_cast<uint32_t>(row.integer(1)), row.digest(4),
                              row.text(5), row.integer(6)},
                             static_cast<uint32_t>(row.integer(2)),
                             row.digest(3)};
}

}  // namespace otter::server
