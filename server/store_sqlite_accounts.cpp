// Accounts, tokens and sessions.
#include "server/store_sqlite_tables.h"

namespace otter::server {
namespace {

Role role_at(const Statement& row, int column) {
  const std::optional<Role> role = role_of_name(row.text(column));
  if (!role.has_value()) throw StoreError("a stored role is none: \"" + row.text(column) + "\"");
  return *role;
}

Account account_at(const Statement& row) {
  Account account;
  account.name = row.text(0);
  account.role = role_at(row, 1);
  account.password = row.text(2);
  account.created_s = row.integer(3);
  return account;
}

Token token_at(const Statement& row) {
  Token token;
  token.hash = row.digest(0);
  token.id = row.text(1);
  token.kind = row.text(2) == name(TokenKind::session) ? TokenKind::session : TokenKind::token;
  token.account = row.text(3);
  token.role = role_at(row, 4);
  token.product = row.text(5);
  token.created_s = row.integer(6);
  token.expires_s = row.integer(7);
  token.used_s = row.integer(8);
  return token;
}

#define TOKEN_COLUMNS "hash, id, kind, account, role, product, created_s, expires_s, used_s"

}  // namespace

void SqliteStore::put_account(const Account& account) {
  ConnectionPool::Writer writer(pool_);
  writer->change(
      "INSERT INTO accounts (name, role, password, created_s) VALUES (?, ?, ?, ?) "
      "ON CONFLICT DO UPDATE SET role = excluded.role, password = excluded.password",
      account.name, name(account.role), account.password, account.created_s);
}

std::vector<Account> SqliteStore::accounts(const std::string& name) {
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query(
      "SELECT name, role, password, created_s FROM accounts WHERE ?1 = '' OR name = ?1 "
      "ORDER BY name",
      name);
  std::vector<Account> all;
  while (row.step()) all.push_back(account_at(row));
  return all;
}

bool SqliteStore::remove_account(const std::string& name) {
  ConnectionPool::Writer writer(pool_);
  return writer->change("DELETE FROM accounts WHERE name = ?", name) == 1;
}

void SqliteStore::put_token(const Token& token) {
  ConnectionPool::Writer writer(pool_);
  writer->change("INSERT INTO tokens (" TOKEN_COLUMNS
                 ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
                 "ON CONFLICT (hash) DO UPDATE SET used_s = excluded.used_s",
                 token.hash, token.id, name(token.kind), token.account, name(token.role),
                 token.product, token.created_s, token.expires_s, token.used_s);
}

std::vector<Token> SqliteStore::tokens(const TokenQuery& query) {
  ConnectionPool::Reader reader(pool_);
  // The first is asked with every request: it has an index.
  const char* const sql =
      query.hash.has_value()
          ? "SELECT " TOKEN_COLUMNS
            " FROM tokens WHERE hash = ?1 AND (?2 = '' OR account = ?2) AND (?3 = '' OR id = ?3)"
          : "SELECT " TOKEN_COLUMNS
            " FROM tokens WHERE ?1 IS NULL AND (?2 = '' OR account = ?2) AND (?3 = '' OR id = ?3) "
            "ORDER BY created_s, rowid";
  Statement row = reader->query(sql, query.hash, query.account, query.id);
  std::vector<Token> all;
  while (row.step()) all.push_back(token_at(row));
  return all;
}

bool SqliteStore::remove_token(const std::string& id) {
  ConnectionPool::Writer writer(pool_);
  return writer->change("DELETE FROM tokens WHERE id = ?", id) == 1;
}

}  // namespace otter::server
