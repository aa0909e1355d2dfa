// Rollouts, experiments and the devices' parts in them.
#include <charconv>

#include "server/experiment_json.h"
#include "server/rollout_record.h"
#include "server/store_sqlite_tables.h"

namespace otter::server {
namespace {

// All digits of it, so that it is read again as it was.
std::string value_text(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof(text), value).ptr};
}

double value_in(const std::string& text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

fleet::PartRecord part_at(const Statement& row) {
  fleet::PartRecord record;
  record.rollout = row.text(0);
  record.device = row.text(1);
  record.site = row.text(2);
  record.part.stage = static_cast<uint32_t>(row.integer(3));
  record.part.started_s = row.integer(4);
  record.part.attempts = static_cast<uint32_t>(row.integer(5));
  record.part.retry_at_s = row.integer(6);
  // A word that this program doesn't know offers nothing.
  record.part.end = fleet::end_named(row.text(7)).value_or(fleet::End::lost);
  record.part.ended_s = row.integer(8);
  record.pair.control = row.text(9);
  record.pair.since_s = row.integer(10);
  record.pair.until_s = row.integer(11);
  record.pair.resets = static_cast<uint32_t>(row.integer(12));
  record.pair.control_resets = static_cast<uint32_t>(row.integer(13));
  record.pair.is_over = row.integer(14) != 0;
  record.pair.value = value_in(row.text(15));
  record.part.reason = fleet::reason_named(row.text(16)).value_or(fleet::Reason::installed);
  return record;
}

}  // namespace

bool SqliteStore::put_rollout(const fleet::RolloutRecord& record) {
  ConnectionPool::Writer writer(pool_, {});
  const fleet::Plan& plan = record.plan;
  if (record.revision == 1) {
    return writer->change(
               "INSERT INTO rollouts (id, product, version, revision, record) "
               "VALUES (?, ?, ?, 1, ?) ON CONFLICT DO NOTHING",
               plan.id, plan.product, plan.version, text_of(record)) == 1;
  }
  return writer->change(
             "UPDATE rollouts SET revision = ?2, record = ?3 WHERE id = ?1 AND revision = ?2 - 1",
             plan.id, record.revision, text_of(record)) == 1;
}

std::vector<fleet::RolloutRecord> SqliteStore::rollouts() {
  ConnectionPool::Reader reader(pool_);
  Statement row =
      reader->query("SELECT id, product, version, revision, record FROM rollouts ORDER BY id");
  std::vector<fleet::RolloutRecord> all;
  while (row.step()) {
    fleet::RolloutRecord record;
    record.plan.id = row.text(0);
    record.plan.product = row.text(1);
    record.plan.version = row.text(2);
    record.revision = row.integer(3);
    read_text(row.text(4), record);
    all.push_back(std::move(record));
  }
  return all;
}

bool SqliteStore::put_experiment(const fleet::TrialRecord& record) {
  ConnectionPool::Writer writer(pool_, {});
  const fleet::TrialPlan& plan = record.plan;
  if (record.revision == 1) {
    return writer->change(
               "INSERT INTO experiments (id, product, revision, record) VALUES (?, ?, 1, ?) "
               "ON CONFLICT DO NOTHING",
               plan.id, plan.product, text_of(record)) == 1;
  }
  return writer->change(
             "UPDATE experiments SET revision = ?2, record = ?3 "
             "WHERE id = ?1 AND revision = ?2 - 1",
             plan.id, record.revision, text_of(record)) == 1;
}

std::vector<fleet::TrialRecord> SqliteStore::experiments() {
  ConnectionPool::Reader reader(pool_);
  Statement row =
      reader->query("SELECT id, product, revision, record FROM experiments ORDER BY id");
  std::vector<fleet::TrialRecord> all;
  while (row.step()) {
    fleet::TrialRecord record;
    record.plan.id = row.text(0);
    record.plan.product = row.text(1);
    record.revision = row.integer(2);
    read_text(row.text(3), record);
    all.push_back(std::move(record));
  }
  return all;
}

void SqliteStore::put_parts(std::span<const fleet::PartRecord> parts) {
  ConnectionPool::Writer writer(pool_, {});
  Transaction transaction(*writer);
  for (const fleet::PartRecord& record : parts) {
    const fleet::Part& part = record.part;
    const fleet::Pair& pair = record.pair;
    writer->change(
        "INSERT OR REPLACE INTO rollout_parts (rollout, device, site, stage, started_s, attempts, "
        "retry_at_s, end, ended_s, control, pair_since_s, pair_until_s, resets, control_resets, "
        "pair_is_over, value, reason) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        record.rollout, record.device, record.site, part.stage, part.started_s, part.attempts,
        part.retry_at_s, fleet::name(part.end), part.ended_s, pair.control, pair.since_s,
        pair.until_s, pair.resets, pair.control_resets, pair.is_over, value_text(pair.value),
        fleet::name(part.reason));
  }
  transaction.commit();
}

std::vector<fleet::PartRecord> SqliteStore::parts(const std::string& rollout) {
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query(
      "SELECT rollout, device, site, stage, started_s, attempts, retry_at_s, end, ended_s, "
      "control, pair_since_s, pair_until_s, resets, control_resets, pair_is_over, value, "
      "reason "
      "FROM rollout_parts WHERE rollout = ? ORDER BY device",
      rollout);
  std::vector<fleet::PartRecord> all;
  while (row.step()) all.push_back(part_at(row));
  return all;
}

std::vector<DeviceOutcome> SqliteStore::outcomes(const Digest& manifest_sha256) {
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query(
      "SELECT device, outcome FROM outcomes WHERE manifest = ? ORDER BY device", manifest_sha256);
  std::vector<DeviceOutcome> all;
  while (row.step()) {
    const std::optional<Outcome> outcome = outcome_named(row.text(1));
    if (outcome.has_value() && is_final(*outcome)) all.push_back({row.text(0), *outcome});
  }
  return all;
}

}  // namespace otter::server
