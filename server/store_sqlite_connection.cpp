#include "server/store_sqlite_connection.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace otter::server {
namespace {

constexpr int kBusyTimeoutMs = 10000;  // [ms] another process, a backup, may hold the lock

const char* advice(int result) {
  switch (result & 0xFF) {
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return "; is the disk or the file read-only?";
    case SQLITE_CANTOPEN:
      return "; is the folder there, and may this user write in it?";
    case SQLITE_IOERR:
      return "; is there room on the disk, and is it sound?";
    case SQLITE_FULL:
      return "; make room on the disk";
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return "; restore it from a backup";
    default:
      return "";
  }
}

[[noreturn]] void fail(const std::string& path, int result, const char* message) {
  throw StoreError(path + ": " + message + advice(result));
}

}  // namespace

Statement::~Statement() {
  sqlite3_reset(prepared_);
  sqlite3_clear_bindings(prepared_);
}

bool Statement::step() {
  const int result = sqlite3_step(prepared_);
  if (result == SQLITE_ROW) return true;
  check(result == SQLITE_DONE ? SQLITE_OK : result);
  return false;
}

int64_t Statement::integer(int column) const { return sqlite3_column_int64(prepared_, column); }

std::string Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(prepared_, column));
  const int size = sqlite3_column_bytes(prepared_, column);
  return data == nullptr ? std::string() : std::string(data, static_cast<size_t>(size));
}

std::vector<uint8_t> Statement::blob(int column) const {
  const auto* data = static_cast<const uint8_t*>(sqlite3_column_blob(prepared_, column));
  const int size = sqlite3_column_bytes(prepared_, column);
  return data == nullptr ? std::vector<uint8_t>() : std::vector<uint8_t>(data, data + size);
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(prepared_, column) == SQLITE_NULL;
}

Digest Statement::digest(int column) const {
  Digest digest;
  const std::vector<uint8_t> bytes = blob(column);
  if (bytes.size() != kDigestSize) throw StoreError(path_ + ": a stored digest has a wrong size");
  memcpy(digest.bytes, bytes.data(), kDigestSize);
  return digest;
}

std::optional<Digest> Statement::digest_or_none(int column) const {
  return is_null(column) ? std::nullopt : std::optional(digest(column));
}

void Statement::bind(int index, int64_t value) {
  check(sqlite3_bind_int64(prepared_, index, value));
}

void Statement::bind(int index, const std::string& value) {
  check(sqlite3_bind_text64(prepared_, index, value.data(), value.size(), SQLITE_TRANSIENT,
                            SQLITE_UTF8));
}

void Statement::bind(int index, Bytes value) {
  // A null pointer would bind NULL; an empty view is an empty blob.
  const void* data = value.size == 0 ? static_cast<const void*>("") : value.data;
  check(sqlite3_bind_blob64(prepared_, index, data, value.size, SQLITE_TRANSIENT));
}

void Statement::bind_null(int index) { check(sqlite3_bind_null(prepared_, index)); }

void Statement::check(int result) const {
  if (result == SQLITE_OK) return;
  fail(path_, result, sqlite3_errmsg(sqlite3_db_handle(prepared_)));
}

SqliteConnection::SqliteConnection(const std::string& path, SqliteAccess access) : path_(path) {
  const int flags = access == SqliteAccess::read ? SQLITE_OPEN_READONLY
                                                 : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const int result =
      sqlite3_open_v2(path.c_str(), &database_, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  if (result != SQLITE_OK) {
    const std::string message = database_ == nullptr ? "no memory" : sqlite3_errmsg(database_);
    sqlite3_close(database_);
    fail(path, result, message.c_str());
  }
  try {
    set_up(access);
  } catch (...) {
    sqlite3_close(database_);
    throw;
  }
}

void SqliteConnection::set_up(SqliteAccess access) {
  sqlite3_busy_timeout(database_, kBusyTimeoutMs);
  execute("PRAGMA trusted_schema = OFF");
  if (access == SqliteAccess::read) return;
  // It holds the secrets of plain mode. What SQLite puts beside it gets the same mode.
  chmod(path_.c_str(), 0600);
  execute("PRAGMA journal_mode = WAL");
  execute("PRAGMA synchronous = FULL");
  execute("PRAGMA foreign_keys = ON");
}

SqliteConnection::~SqliteConnection() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(database_);
}

void SqliteConnection::execute(const char* sql) {
  const int result = sqlite3_exec(database_, sql, nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) fail(path_, result, sqlite3_errmsg(database_));
}

int64_t SqliteConnection::last_row() const { return sqlite3_last_insert_rowid(database_); }

bool SqliteConnection::is_in_transaction() const { return sqlite3_get_autocommit(database_) == 0; }

int64_t SqliteConnection::changes() const { return sqlite3_changes64(database_); }

sqlite3_stmt* SqliteConnection::prepare(const char* sql) {
  sqlite3_stmt*& statement = statements_[sql];
  if (statement != nullptr) return statement;
  const int result =
      sqlite3_prepare_v3(database_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (result != SQLITE_OK) fail(path_, result, sqlite3_errmsg(database_));
  return statement;
}

Transaction::Transaction(SqliteConnection& connection)
    : connection_(connection), is_nested_(connection.is_in_transaction()) {
  connection_.execute(is_nested_ ? "SAVEPOINT part" : "BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (!is_open_) return;
  try {
    connection_.execute(is_nested_ ? "ROLLBACK TO part; RELEASE part" : "ROLLBACK");
  } catch (const StoreError&) {
    // SQLite has rolled back by itself: after a full disk, for one.
  }
}

void Transaction::commit() {
  connection_.execute(is_nested_ ? "RELEASE part" : "COMMIT");
  is_open_ = false;
}

ConnectionPool::Writer::Writer(ConnectionPool& pool, Change change)
    : stopwatch_(pool.timings_.write),
      lock_(pool.writing_),
      pool_(pool),
      connection_(pool.writer_) {
  ++pool_.writers_;
  Change& changed = pool_.changed_;
  changed.catalogue = changed.catalogue || change.catalogue;
  std::move(change.devices.begin(), change.devices.end(), std::back_inserter(changed.devices));
}

ConnectionPool::Writer::~Writer() {
  if (--pool_.writers_ > 0) return;
  const Change changed = std::exchange(pool_.changed_, {});
  if (pool_.tell_) pool_.tell_(changed);
}

void ConnectionPool::on_change(std::function<void(const Change&)> tell) {
  const std::lock_guard<std::recursive_mutex> lock(writing_);
  tell_ = std::move(tell);
}

std::unique_ptr<SqliteConnection> ConnectionPool::take() {
  {
    const std::lock_guard<std::mutex> lock(idle_lock_);
    if (!idle_.empty()) {
      std::unique_ptr<SqliteConnection> connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  return std::make_unique<SqliteConnection>(path_);
}

void ConnectionPool::give_back(std::unique_ptr<SqliteConnection> connection) {
  const std::lock_guard<std::mutex> lock(idle_lock_);
  idle_.push_back(std::move(connection));
}

}  // namespace otter::server
