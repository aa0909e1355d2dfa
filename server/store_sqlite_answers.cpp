// Answers to requests that may be sent again.
#include "server/store_sqlite_tables.h"

namespace otter::server {

void SqliteStore::keep_answer(const KeptAnswer& answer) {
  ConnectionPool::Writer writer(pool_);
  Transaction transaction(*writer);
  writer->change("DELETE FROM kept_answers WHERE created_s <= ?",
                 answer.created_s - kAnswerLifetime);
  writer->change(
      "INSERT OR REPLACE INTO kept_answers (id, request, created_s, sealed) VALUES (?, ?, ?, ?)",
      answer.id, answer.request, answer.created_s, answer.sealed);
  writer->change(
      "DELETE FROM kept_answers WHERE id IN "
      "(SELECT id FROM kept_answers ORDER BY created_s DESC, rowid DESC LIMIT -1 OFFSET ?)",
      kKeptAnswersMax);
  transaction.commit();
}

std::optional<KeptAnswer> SqliteStore::kept_answer(const Digest& id, int64_t now_s) {
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query(
      "SELECT id, request, created_s, sealed FROM kept_answers WHERE id = ? AND created_s > ?", id,
      now_s - kAnswerLifetime);
  if (!row.step()) return std::nullopt;
  return KeptAnswer{row.digest(0), row.digest(1), row.integer(2), row.blob(3)};
}

}  // namespace otter::server
