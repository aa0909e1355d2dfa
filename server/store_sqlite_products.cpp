// Products, their keys, and release keys.
#include "server/store_sqlite_tables.h"

namespace otter::server {
namespace {

#define PRODUCT_COLUMNS                                                          \
  "p.name, p.chip, p.slot_bytes, p.hmac_secret, p.created_s, p.config_version, " \
  "p.needs_approval, p.enrolment, p.allows_plain, p.is_staged, "                 \
  "EXISTS (SELECT 1 FROM configuration_layers WHERE product = p.name)"

Product product_at(const Statement& row) {
  Product product;
  product.name = row.text(0);
  product.chip = row.text(1);
  product.slot_bytes = static_cast<uint32_t>(row.integer(2));
  product.hmac_secret = row.text(3);
  product.created_s = row.integer(4);
  product.config_version = static_cast<uint32_t>(row.integer(5));
  product.needs_approval = row.integer(6) != 0;
  // A word that this program doesn't know opens nothing.
  product.enrolment = enrolment_named(row.text(7)).value_or(Enrolment::listed);
  product.allows_plain = row.integer(8) != 0;
  product.is_staged = row.integer(9) != 0;
  product.is_layered = row.integer(10) != 0;
  return product;
}

}  // namespace

bool SqliteStore::add_product(const Product& product, const Digest& key_hash) {
  ConnectionPool::Writer writer(pool_, kCatalogue);
  Transaction transaction(*writer);
  const int64_t added = writer->change(
      "INSERT INTO products (name, chip, slot_bytes, hmac_secret, created_s) "
      "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
      product.name, product.chip, product.slot_bytes, product.hmac_secret, product.created_s);
  if (added == 0) return false;
  writer->change("INSERT INTO api_keys (hash, product, created_s) VALUES (?, ?, ?)", key_hash,
                 product.name, product.created_s);
  transaction.commit();
  return true;
}

std::optional<Product> SqliteStore::product(const std::string& name) {
  ConnectionPool::Reader reader(pool_);
  Statement row =
      reader->query("SELECT " PRODUCT_COLUMNS " FROM products p WHERE p.name = ?", name);
  return row.step() ? std::optional(product_at(row)) : std::nullopt;
}

std::vector<ProductSummary> SqliteStore::products(const ProductQuery& query) {
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query(
      "SELECT " PRODUCT_COLUMNS
      ", (SELECT COUNT(*) FROM releases WHERE product = p.name), "
      "(SELECT COUNT(*) FROM devices WHERE product = p.name), "
      "(SELECT COALESCE(MIN(slot_bytes), 0) FROM devices WHERE product = p.name AND slot_bytes > "
      "0) "
      "FROM products p WHERE p.name > ?1 AND (?2 = '' OR p.name = ?2) ORDER BY p.name LIMIT ?3",
      query.after, query.name, limit_of(query.count_max));
  std::vector<ProductSummary> all;
  while (row.step()) {
    all.push_back({product_at(row), row.integer(11), row.integer(12),
                   static_cast<uint32_t>(row.integer(13))});
  }
  return all;
}

bool SqliteStore::change_product(const std::string& name, const ProductChange& change) {
  std::optional<std::string> enrolment;
  if (change.enrolment.has_value()) enrolment = server::name(*change.enrolment);
  ConnectionPool::Writer writer(pool_, kCatalogue);
  return writer->change(
             "UPDATE products SET config_version = COALESCE(?2, config_version), "
             "needs_approval = COALESCE(?3, needs_approval), "
             "enrolment = COALESCE(?4, enrolment), allows_plain = COALESCE(?5, allows_plain), "
             "is_staged = COALESCE(?6, is_staged) "
             "WHERE name = ?1 AND (?2 IS NULL OR "
             "EXISTS (SELECT 1 FROM configurations WHERE product = ?1 AND version = ?2))",
             name, change.config_version, change.needs_approval, enrolment, change.allows_plain,
             change.is_staged) == 1;
}

void SqliteStore::add_product_key(const std::string& product, const Digest& key_hash,
                                  int64_t created_s) {
  ConnectionPool::Writer writer(pool_, kCatalogue);
  writer->change("INSERT INTO api_keys (hash, product, created_s) VALUES (?, ?, ?)", key_hash,
                 product, created_s);
}

std::vector<ProductKey> SqliteStore::product_keys(const std::string& product) {
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query(
      "SELECT hash, created_s, used_s FROM api_keys WHERE product = ? ORDER BY created_s, rowid",
      product);
  std::vector<ProductKey> keys;
  while (row.step()) keys.push_back({product, row.digest(0), row.integer(1), row.integer(2)});
  return keys;
}

bool SqliteStore::remove_product_key(const std::string& product, const Digest& hash) {
  ConnectionPool::Writer writer(pool_, kCatalogue);
  return writer->change("DELETE FROM api_keys WHERE product = ? AND hash = ?", product, hash) == 1;
}

void SqliteStore::note_key_uses(std::span<const KeyUse> uses) {
  ConnectionPool::Writer writer(pool_);
  Transaction transaction(*writer);
  for (const KeyUse& use : uses) {
    writer->change("UPDATE api_keys SET used_s = MAX(used_s, ?2) WHERE hash = ?1", use.hash,
                   use.used_s);
  }
  transaction.commit();
}

std::optional<Product> SqliteStore::product_of_key(const Digest& key_hash) {
  ConnectionPool::Reader reader(pool_);
  Statement row =
      reader->query("SELECT " PRODUCT_COLUMNS
                    " FROM api_keys k JOIN products p ON p.name = k.product WHERE k.hash = ?",
                    key_hash);
  return row.step() ? std::optional(product_at(row)) : std::nullopt;
}

bool SqliteStore::add_release_key(const TrustedKey& key) {
  ConnectionPool::Writer writer(pool_, kCatalogue);
  return writer->change(
             "INSERT INTO release_keys (id, point, pem, created_s) VALUES (?, ?, ?, ?) "
             "ON CONFLICT DO NOTHING",
             key.id, key.point, key.pem, key.created_s) == 1;
}

std::vector<TrustedKey> SqliteStore::release_keys() {
  ConnectionPool::Reader reader(pool_);
  Statement row =
      reader->query("SELECT id, point, pem, created_s FROM release_keys ORDER BY created_s, rowid");
  std::vector<TrustedKey> keys;
  while (row.step()) keys.push_back({row.blob(0), row.blob(1), row.text(2), row.integer(3)});
  return keys;
}

}  // namespace otter::server
