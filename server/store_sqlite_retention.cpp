// What is left of old reports: counts.
#include "server/store_sqlite_tables.h"

namespace otter::server {
namespace {

// Of a report that is about none of the server's releases the version is anybody's choice, and
// would make a row of its own each time.
#define VERSION_OF_REPORT "CASE WHEN r.manifest IS NULL THEN '' ELSE r.release_version END"
#define SECONDS_PER_DAY "86400"  // kSecondsPerDay

// The oldest `?2` reports from before `?1`.
#define OLD_REPORTS \
  "(SELECT number FROM reports WHERE received_s < ?1 ORDER BY received_s, number LIMIT ?2)"

void add_to_counts(SqliteConnection& connection, int64_t before_s, int64_t count_max) {
  connection.change(
      "INSERT INTO report_counts (product, version, outcome, day, count) "
      "SELECT d.product, " VERSION_OF_REPORT ", r.outcome, r.received_s / " SECONDS_PER_DAY
      ", COUNT(*) FROM reports r JOIN devices d ON d.id = r.device "
      "WHERE r.number IN " OLD_REPORTS
      " GROUP BY 1, 2, 3, 4 "
      "ON CONFLICT DO UPDATE SET count = count + excluded.count",
      before_s, count_max);
}

void remember_newest(SqliteConnection& connection, int64_t before_s, int64_t count_max) {
  connection.change(
      "INSERT OR REPLACE INTO rolled_up (device, report_id) "
      "SELECT r.device, r.report_id FROM reports r WHERE r.number IN " OLD_REPORTS
      " AND r.number = (SELECT MAX(number) FROM reports WHERE device = r.device)",
      before_s, count_max);
}

int64_t roll_up_reports(SqliteConnection& connection, int64_t before_s, int64_t count_max) {
  add_to_counts(connection, before_s, count_max);
  remember_newest(connection, before_s, count_max);
  return connection.change("DELETE FROM reports WHERE number IN " OLD_REPORTS, before_s, count_max);
}

int64_t forget_counts(SqliteConnection& connection, int64_t before_day, int64_t count_max) {
  return connection.change(
      "DELETE FROM report_counts WHERE (product, day, version, outcome) IN (SELECT product, day, "
      "version, outcome FROM report_counts WHERE day < ?1 ORDER BY day LIMIT ?2)",
      before_day, count_max);
}

}  // namespace

std::vector<ReportCount> SqliteStore::report_counts(const std::string& product) {
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query(
      "SELECT day, version, outcome, SUM(count) FROM (SELECT day, version, outcome, count "
      "FROM report_counts WHERE product = ?1 UNION ALL SELECT r.received_s / " SECONDS_PER_DAY
      ", " VERSION_OF_REPORT
      ", r.outcome, 1 FROM reports r JOIN devices d ON d.id = r.device WHERE d.product = ?1) "
      "GROUP BY day, version, outcome ORDER BY day, version, outcome",
      product);
  std::vector<ReportCount> counts;
  while (row.step()) {
    const std::optional<Outcome> outcome = outcome_named(row.text(2));
    if (!outcome.has_value()) continue;  // a report without one
    counts.push_back({row.text(1), *outcome, row.integer(0), row.integer(3)});
  }
  return counts;
}

size_t SqliteStore::roll_up(const RetentionLimits& limits, size_t count_max) {
  ConnectionPool::Writer writer(pool_);
  Transaction transaction(*writer);
  const auto most = static_cast<int64_t>(count_max);
  int64_t removed = roll_up_reports(*writer, limits.reports_before_s, most);
  removed += forget_counts(*writer, limits.counts_before_day, most - removed);
  removed += roll_up_history(*writer, limits, most - removed);
  removed += forget_dumps(*writer, limits.dumps_before_s, most - removed);
  transaction.commit();
  return static_cast<size_t>(removed);
}

}  // namespace otter::server
