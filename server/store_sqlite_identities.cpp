// Who signs in by an identity provider.
#include "server/store_sqlite_tables.h"

namespace otter::server {

bool SqliteStore::add_identity(const Identity& identity) {
  ConnectionPool::Writer writer(pool_);
  return writer->change(
             "INSERT INTO identities (issuer, subject, account, created_s) VALUES (?, ?, ?, ?) "
             "ON CONFLICT DO NOTHING",
             identity.issuer, identity.subject, identity.account, identity.created_s) == 1;
}

std::vector<Identity> SqliteStore::identities(const IdentityQuery& query) {
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query(
      "SELECT issuer, subject, account, created_s FROM identities WHERE (?1 = '' OR issuer = ?1) "
      "AND (?2 = '' OR subject = ?2) AND (?3 = '' OR account = ?3) ORDER BY issuer, subject",
      query.issuer, query.subject, query.account);
  std::vector<Identity> all;
  while (row.step()) all.push_back({row.text(0), row.text(1), row.text(2), row.integer(3)});
  return all;
}

}  // namespace otter::server
