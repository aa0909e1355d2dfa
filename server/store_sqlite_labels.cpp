// Labels of devices, and groups.
#include "server/store_sqlite_labels.h"

#include <boost/json.hpp>

#include "server/labels_json.h"
#include "server/store_sqlite_tables.h"

namespace otter::server {

fleet::Labels labels_in(const std::string& document) {
  return read_labels(document).value_or(fleet::Labels());
}

std::optional<fleet::Labels> read_labels(const std::string& document) {
  if (document.empty()) return fleet::Labels();
  try {
    return fleet::changed({}, read_label_change(boost::json::parse(document).as_object()));
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

fleet::Labels SqliteStore::labels(const std::string& device) {
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query("SELECT document FROM labels WHERE device = ?", device);
  return row.step() ? labels_in(row.text(0)) : fleet::Labels();
}

bool SqliteStore::set_labels(const std::string& device, const fleet::Labels& labels) {
  const boost::json::object document = {{"tags", tags_json(labels)},
                                        {"attributes", attributes_json(labels)}};
  ConnectionPool::Writer writer(pool_);
  return writer->change(
             "INSERT INTO labels (device, document) SELECT id, ?2 FROM devices WHERE id = ?1 "
             "ON CONFLICT (device) DO UPDATE SET document = excluded.document",
             device, boost::json::serialize(document)) == 1;
}

bool SqliteStore::put_group(const Group& group) {
  ConnectionPool::Writer writer(pool_);
  return writer->change(
             "INSERT INTO device_groups (product, name, filter, created_s) "
             "SELECT name, ?2, ?3, ?4 FROM products WHERE name = ?1 "
             "ON CONFLICT (product, name) DO UPDATE SET filter = excluded.filter",
             group.product, group.name, group.filter, group.created_s) == 1;
}

std::vector<Group> SqliteStore::groups(const GroupQuery& query) {
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query(
      "SELECT product, name, filter, created_s FROM device_groups WHERE product = ?1 "
      "AND (?2 = '' OR name = ?2) AND name > ?3 ORDER BY name LIMIT ?4",
      query.product, query.name, query.after, limit_of(query.count_max));
  std::vector<Group> all;
  while (row.step()) all.push_back({row.text(0), row.text(1), row.text(2), row.integer(3)});
  return all;
}

bool SqliteStore::remove_group(const std::string& product, const std::string& name) {
  ConnectionPool::Writer writer(pool_);
  return writer->change("DELETE FROM device_groups WHERE product = ? AND name = ?", product,
                        name) == 1;
}

}  // namespace otter::server
