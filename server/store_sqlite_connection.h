// SQLite as the store uses it: a connection with its prepared statements, and a pool of them.
// A SqliteConnection is for one thread at a time, a ConnectionPool for any.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "ota/wire/digest.h"
#include "server/metrics.h"
#include "server/store.h"

struct sqlite3;
struct sqlite3_stmt;

namespace otter::server {

// One run of a prepared statement; ends when it goes out of scope.
// Errors of every method: StoreError
class Statement {
 public:
  template <typename... Values>
  Statement(sqlite3_stmt* prepared, const std::string& path, const Values&... values)
      : prepared_(prepared), path_(path) {
    int index = 0;
    (bind(++index, values), ...);
  }
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // True while there is a row.
  bool step();
  // Steps to the end.
  void run() {
    while (step()) continue;
  }

  int64_t integer(int column) const;
  std::string text(int column) const;
  std::vector<uint8_t> blob(int column) const;
  bool is_null(int column) const;
  Digest digest(int column) const;
  std::optional<Digest> digest_or_none(int column) const;

 private:
  void bind(int index, int64_t value);
  void bind(int index, const std::string& value);
  void bind(int index, const char* value) { bind(index, std::string(value)); }
  void bind(int index, Bytes value);
  void bind(int index, const std::vector<uint8_t>& value) { bind(index, Bytes(value)); }
  void bind(int index, const Digest& value) { bind(index, Bytes(value.bytes)); }
  // NULL if none.
  template <typename T>
  void bind(int index, const std::optional<T>& value) {
    if (value.has_value()) {
      bind(index, *value);
    } else {
      bind_null(index);
    }
  }
  void bind_null(int index);
  void check(int result) const;

  sqlite3_stmt* prepared_;
  const std::string& path_;
};

enum class SqliteAccess : uint8_t {
  write,  // opens or creates the file
  read,   // opens what is there, and changes nothing
};

class SqliteConnection {
 public:
  // Errors: StoreError
  explicit SqliteConnection(const std::string& path, SqliteAccess access = SqliteAccess::write);
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  // Runs statements that give nothing. Errors: StoreError
  void execute(const char* sql);

  // A statement with its parameters bound. `sql` is a literal: its address is the cache's key.
  //
  // REQUIRES: no other run of the same `sql` on this connection is under way
  // Errors: StoreError
  template <typename... Values>
  Statement query(const char* sql, const Values&... values) {
    return Statement(prepare(sql), path_, values...);
  }
  // Runs a statement that gives nothing; gives the number of rows that it changed.
  template <typename... Values>
  int64_t change(const char* sql, const Values&... values) {
    Statement(prepare(sql), path_, values...).run();
    return changes();
  }
  int64_t last_row() const;
  bool is_in_transaction() const;

 private:
  void set_up(SqliteAccess access);
  sqlite3_stmt* prepare(const char* sql);
  int64_t changes() const;

  std::string path_;
  sqlite3* database_ = nullptr;
  std::map<const char*, sqlite3_stmt*> statements_;
};

// Undoes what was done since it was made, unless commit() was called. Within another one it is a
// part of it: durable when that is.
class Transaction {
 public:
  // Takes the write lock at once, so that what it reads stays true. Errors: StoreError
  explicit Transaction(SqliteConnection& connection);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  SqliteConnection& connection_;
  bool is_nested_;
  bool is_open_ = true;
};

// How long the store's calls took, their wait for the connection included.
struct StoreTimings {
  Histogram* read = nullptr;
  Histogram* write = nullptr;
};

// The connections to one database: one that writes, and as many as there are threads that read.
class ConnectionPool {
 public:
  explicit ConnectionPool(const std::string& path, const StoreTimings& timings = {})
      : path_(path), timings_(timings), writer_(path) {}

  // Holds a connection for reading and gives it back.
  class Reader {
   public:
    explicit Reader(ConnectionPool& pool)
        : stopwatch_(pool.timings_.read),
          pool_(pool),
          own_(pool.is_claimed_here() ? nullptr : pool.take()),
          connection_(own_ == nullptr ? pool.writer_ : *own_) {}
    ~Reader() {
      if (own_ != nullptr) pool_.give_back(std::move(own_));
    }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    SqliteConnection* operator->() { return &connection_; }
    SqliteConnection& operator*() { return connection_; }

   private:
    Stopwatch stopwatch_;
    ConnectionPool& pool_;
    std::unique_ptr<SqliteConnection> own_;
    SqliteConnection& connection_;
  };

  // Holds the one connection that writes. When a thread's outermost one ends, its transaction has
  // ended, too: then the listener is told what all of them have changed, or have tried to.
  class Writer {
   public:
    explicit Writer(ConnectionPool& pool, Change change = {});
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    SqliteConnection* operator->() { return &connection_; }
    SqliteConnection& operator*() { return connection_; }

   private:
    Stopwatch stopwatch_;
    std::lock_guard<std::recursive_mutex> lock_;
    ConnectionPool& pool_;
    SqliteConnection& connection_;
  };

  void on_change(std::function<void(const Change&)> tell);

  // While it lives, what this thread reads comes from the connection that writes, so that it sees
  // what it has changed itself.
  //
  // REQUIRES: this thread holds a Writer, and has no other Claim
  class Claim {
   public:
    explicit Claim(ConnectionPool& pool) : pool_(pool) {
      pool_.claimed_by_ = std::this_thread::get_id();
    }
    ~Claim() { pool_.claimed_by_ = std::thread::id(); }
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;

   private:
    ConnectionPool& pool_;
  };
  bool is_claimed_here() const { return claimed_by_ == std::this_thread::get_id(); }

 private:
  std::unique_ptr<SqliteConnection> take();
  void give_back(std::unique_ptr<SqliteConnection> connection);

  std::string path_;
  StoreTimings timings_;
  std::recursive_mutex writing_;  // guards these three too
  std::function<void(const Change&)> tell_;
  Change changed_;
  unsigned writers_ = 0;  // of the thread that holds it
  std::atomic<std::thread::id> claimed_by_;
  SqliteConnection writer_;
  std::mutex idle_lock_;
  std::vector<std::unique_ptr<SqliteConnection>> idle_;
};

}  // namespace otter::server
