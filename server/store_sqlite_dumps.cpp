// What devices left of crashes, and their logs.
#include "server/store_sqlite_tables.h"

namespace otter::server {
namespace {

constexpr int64_t kArriving = 0;  // dumps.is_whole
constexpr int64_t kWhole = 1;

// Of all devices: a release that crashes everywhere is not to fill the disk. The oldest go.
constexpr size_t kDumpsMax = 2000;

DeviceDump dump_at(const Statement& row) {
  return {row.text(0), row.digest(1), static_cast<uint32_t>(row.integer(2)), row.integer(3),
          row.text(4)};
}

// The number of the dump that is on its way; 0: there is none.
int64_t arriving_number(SqliteConnection& connection, const std::string& device) {
  Statement row = connection.query("SELECT number FROM dumps WHERE device = ? AND is_whole = ?",
                                   device, kArriving);
  return row.step() ? row.integer(0) : 0;
}

int64_t bytes_here(SqliteConnection& connection, int64_t number) {
  Statement row = connection.query(
      "SELECT COALESCE(SUM(length(bytes)), 0) FROM dump_pieces WHERE dump = ?", number);
  return row.step() ? row.integer(0) : 0;
}

std::vector<uint8_t> pieces_of(SqliteConnection& connection, int64_t number) {
  Statement row =
      connection.query("SELECT bytes FROM dump_pieces WHERE dump = ? ORDER BY start", number);
  std::vector<uint8_t> all;
  while (row.step()) {
    const std::vector<uint8_t> piece = row.blob(0);
    all.insert(all.end(), piece.begin(), piece.end());
  }
  return all;
}

void forget_bytes(SqliteConnection& connection) {
  connection.change(
      "DELETE FROM dump_bytes WHERE NOT EXISTS "
      "(SELECT 1 FROM dumps WHERE dumps.sha256 = dump_bytes.sha256 AND is_whole = 1)");
}

void keep_whole(SqliteConnection& connection, const std::string& device, int64_t number) {
  connection.change(
      "INSERT OR IGNORE INTO dump_bytes (sha256, bytes) SELECT sha256, ? FROM dumps "
      "WHERE number = ?",
      pieces_of(connection, number), number);
  connection.change("DELETE FROM dump_pieces WHERE dump = ?", number);
  connection.change("UPDATE dumps SET is_whole = ? WHERE number = ?", kWhole, number);
  connection.change(
      "DELETE FROM dumps WHERE device = ?1 AND is_whole = ?2 AND number NOT IN (SELECT number FROM "
      "dumps WHERE device = ?1 AND is_whole = ?2 ORDER BY number DESC LIMIT ?3)",
      device, kWhole, limit_of(kDumpsPerDevice));
  connection.change(
      "DELETE FROM dumps WHERE is_whole = ?1 AND number NOT IN (SELECT number FROM dumps "
      "WHERE is_whole = ?1 ORDER BY number DESC LIMIT ?2)",
      kWhole, limit_of(kDumpsMax));
  forget_bytes(connection);
}

}  // namespace

int64_t forget_dumps(SqliteConnection& connection, int64_t before_s, int64_t count_max) {
  const int64_t logs = connection.change(
      "DELETE FROM device_logs WHERE number IN (SELECT number FROM device_logs "
      "WHERE received_s < ? ORDER BY received_s LIMIT ?)",
      before_s, count_max);
  const int64_t dumps = connection.change(
      "DELETE FROM dumps WHERE number IN (SELECT number FROM dumps WHERE received_s < ? "
      "ORDER BY received_s LIMIT ?)",
      before_s, count_max - logs);
  if (dumps > 0) forget_bytes(connection);
  return logs + dumps;
}

void remove_diagnostics(SqliteConnection& connection, const std::string& device) {
  connection.change("DELETE FROM samples WHERE device = ?", device);
  connection.change("DELETE FROM device_logs WHERE device = ?", device);
  if (connection.change("DELETE FROM dumps WHERE device = ?", device) > 0) forget_bytes(connection);
}

void SqliteStore::add_log(const DeviceLog& log) {
  ConnectionPool::Writer writer(pool_);
  Transaction transaction(*writer);
  writer->change("INSERT INTO device_logs (device, received_s, version, text) VALUES (?, ?, ?, ?)",
                 log.device, log.received_s, log.version, log.text);
  writer->change(
      "DELETE FROM device_logs WHERE device = ?1 AND number NOT IN (SELECT number FROM device_logs "
      "WHERE device = ?1 ORDER BY number DESC LIMIT ?2)",
      log.device, limit_of(kLogsPerDevice));
  transaction.commit();
}

std::vector<DeviceLog> SqliteStore::logs(const std::string& device) {
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query(
      "SELECT device, received_s, version, text FROM device_logs WHERE device = ? "
      "ORDER BY number DESC",
      device);
  std::vector<DeviceLog> all;
  while (row.step()) all.push_back({row.text(0), row.integer(1), row.text(2), row.text(3)});
  return all;
}

std::optional<DiagnosticsStore::ArrivingDump> SqliteStore::arriving_dump(
    const std::string& device) {
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query(
      "SELECT device, sha256, size_bytes, received_s, version, (SELECT COALESCE(SUM(length(bytes)),"
      " 0) FROM dump_pieces WHERE dump = number) FROM dumps WHERE device = ? AND is_whole = ?",
      device, kArriving);
  if (!row.step()) return std::nullopt;
  return ArrivingDump{dump_at(row), static_cast<uint32_t>(row.integer(5))};
}

void SqliteStore::begin_dump(const DeviceDump& dump) {
  ConnectionPool::Writer writer(pool_);
  Transaction transaction(*writer);
  writer->change("DELETE FROM dumps WHERE device = ? AND is_whole = ?", dump.device, kArriving);
  writer->change(
      "INSERT INTO dumps (device, sha256, size_bytes, received_s, version, is_whole) "
      "VALUES (?, ?, ?, ?, ?, ?)",
      dump.device, dump.sha256, dump.size_bytes, dump.received_s, dump.version, kArriving);
  transaction.commit();
}

bool SqliteStore::add_dump_piece(const std::string& device, uint32_t offset, Bytes piece) {
  ConnectionPool::Writer writer(pool_);
  Transaction transaction(*writer);
  const int64_t number = arriving_number(*writer, device);
  if (number == 0 || bytes_here(*writer, number) != offset) return false;
  writer->change("INSERT INTO dump_pieces (dump, start, bytes) VALUES (?, ?, ?)", number, offset,
                 piece);
  transaction.commit();
  return true;
}

std::vector<uint8_t> SqliteStore::dump_pieces(const std::string& device) {
  ConnectionPool::Reader reader(pool_);
  return pieces_of(*reader, arriving_number(*reader, device));
}

void SqliteStore::end_dump(const std::string& device, bool is_whole) {
  ConnectionPool::Writer writer(pool_);
  Transaction transaction(*writer);
  const int64_t number = arriving_number(*writer, device);
  if (number != 0 && is_whole) keep_whole(*writer, device, number);
  if (number != 0 && !is_whole) writer->change("DELETE FROM dumps WHERE number = ?", number);
  transaction.commit();
}

std::vector<DeviceDump> SqliteStore::dumps(const DumpQuery& query) {
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query(
      "SELECT device, sha256, size_bytes, received_s, version FROM dumps WHERE is_whole = ?1 "
      "AND device = ?2 AND (?3 IS NULL OR sha256 = ?3) ORDER BY number DESC",
      kWhole, query.device, query.sha256);
  std::vector<DeviceDump> all;
  while (row.step()) all.push_back(dump_at(row));
  return all;
}

std::optional<std::vector<uint8_t>> SqliteStore::dump_bytes(const Digest& sha256) {
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query("SELECT bytes FROM dump_bytes WHERE sha256 = ?", sha256);
  return row.step() ? std::optional(row.blob(0)) : std::nullopt;
}

}  // namespace otter::server
