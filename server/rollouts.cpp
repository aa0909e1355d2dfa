#include "server/rollouts.h"

#include <algorithm>

#include "fleet/cohort.h"
#include "server/device_filter.h"
#include "server/device_metrics.h"
#include "server/rollout_documents.h"

namespace otter::server {
namespace {

constexpr size_t kPageOfDevices = 10'000;

std::optional<fleet::Word> word_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::confirmed:
      return fleet::Word::confirmed;
    case Outcome::rolled_back:
      return fleet::Word::rolled_back;
    case Outcome::refused:
      return fleet::Word::refused;
    case Outcome::failed:
      return fleet::Word::failed;
    // A sketch's own word is no proof.
    case Outcome::claimed:
    case Outcome::downloading:
    case Outcome::verified:
    case Outcome::rebooting:
      break;
  }
  return std::nullopt;
}

bool is_member(const Device& device) {
  return device.standing == Standing::enrolled || device.standing == Standing::allowed;
}

void tell(const Audience& audience, const fleet::RolloutRecord& record, int64_t now_s) {
  const fleet::State& state = record.state;
  const std::string stage = std::to_string(state.stage + 1);
  audience.log.info("Rollout moved", {{"rollout", record.plan.id},
                                      {"phase", name(state.phase)},
                                      {"stage", stage},
                                      {"cause", name(state.cause)},
                                      {"detail", state.detail}});
  audience.events.publish({"rollout", record.plan.product, rollout_event(record)}, now_s);
}

}  // namespace

bool keep_rollout(Store& store, const fleet::RolloutRecord& record) {
  bool is_kept = false;
  store.atomically([&] {
    is_kept = store.put_rollout(record);
    const fleet::Plan& plan = record.plan;
    const bool is_at_all = record.state.phase == fleet::Phase::complete && plan.group.empty();
    if (!is_kept || !plan.is_configuration() || !is_at_all) return;
    // Unless somebody has put a later one in force meanwhile.
    const std::optional<Product> product = store.product(plan.product);
    if (product.has_value() && product->config_version < plan.config_version) {
      use_configuration(store, plan.product, plan.config_version);
    }
  });
  return is_kept;
}

Rollouts::Rollouts(Store& store, Sightings& sightings, int64_t check_interval_s)
    : store_(store),
      sightings_(sightings),
      check_interval_s_(check_interval_s),
      book_(*this, check_interval_s),
      experiments_(store, book_),
      starts_([&store](std::span<const fleet::PartRecord> parts) {
        store.put_parts(parts);
        return std::vector<bool>(parts.size(), true);
      }) {}

void Rollouts::load(int64_t now_s) {
  const std::vector<fleet::RolloutRecord> records = store_.rollouts();
  std::vector<fleet::PartRecord> parts;
  for (const fleet::RolloutRecord& record : records) {
    book_.adopt(record);
    for (fleet::PartRecord& part : store_.parts(record.plan.id)) parts.push_back(std::move(part));
  }
  book_.load(parts);
  for (const fleet::RolloutRecord& record : records) note_outcomes(record, now_s);
  experiments_.load();
}

// What was reported and not yet written into the parts when the process ended.
void Rollouts::note_outcomes(const fleet::RolloutRecord& record, int64_t now_s) {
  const fleet::Plan& plan = record.plan;
  const ReleasePtr release = release_of_version(store_, plan.product, plan.version);
  if (release == nullptr) return;
  for (const DeviceOutcome& known : store_.outcomes(release->manifest_sha256)) {
    const std::optional<fleet::Word> word = word_of(known.outcome);
    // An attempt that failed has been counted, or will be tried again.
    if (!word.has_value() || word == fleet::Word::failed) continue;
    book_.note(plan.product, plan.version, known.device, *word, now_s);
  }
}

void Rollouts::tick(const Audience& audience, int64_t now_s) {
  now_s_ = now_s;
  const std::vector<fleet::RolloutRecord> proposed = book_.propose(now_s);
  flush_parts();  // first: their pairs are evidence in what was proposed
  for (const fleet::RolloutRecord& record : proposed) {
    // Who was quicker has the newer revision, and it is looked at again the next time.
    if (!keep_rollout(store_, record)) continue;
    const std::optional<fleet::Book::View> before = book_.view_one(record.plan.id, now_s);
    book_.adopt(record);
    const bool has_moved = before.has_value() && before->record.state.phase != record.state.phase;
    const bool is_arm = record.plan.arm.exists();
    if (has_moved && !is_arm) tell(audience, record, now_s);
  }
  experiments_.tick(audience, now_s);
}

void Rollouts::flush_parts() {
  const std::vector<fleet::PartRecord> parts = book_.take_changed_parts();
  if (parts.empty()) return;
  try {
    store_.put_parts(parts);
  } catch (const StoreError&) {
    book_.return_changed_parts(parts);
    throw;
  }
}

void Rollouts::start(const fleet::PartRecord& part, Done done) {
  starts_.add(part, [this, part, done = std::move(done)](bool, std::exception_ptr error) {
    if (error) {
      book_.withdraw(part);
    } else {
      book_.confirm(part);
    }
    done(error);
  });
}

void Rollouts::note(const Report& report) {
  if (!report.outcome.has_value() || report.release_version.empty()) return;
  const std::optional<fleet::Word> word = word_of(*report.outcome);
  if (!word.has_value()) return;
  book_.note(report.product, report.release_version, report.device, *word, report.received_s);
}

std::vector<fleet::Member> Rollouts::members(const fleet::Plan& plan) {
  std::vector<fleet::Member> members;
  const fleet::Filter group = read_filter(plan.group, Problem::internal);
  const FilterMoment moment = {now_s_, check_interval_s_};
  DeviceQuery query;
  query.product = plan.product;
  query.count_max = kPageOfDevices;
  query.fits = [&group, &plan, moment](const DeviceSummary& device) {
    if (plan.arm.exists() && !fleet::is_dealt(plan.arm, device.device.id)) return false;
    return is_member(device.device) && group.matches(subject_of(device, moment));
  };
  for (;;) {
    const std::vector<DeviceSummary> page = store_.devices(query);
    for (const DeviceSummary& summary : page) {
      const std::string& id = summary.device.id;
      members.push_back({fleet::cohort_place(plan.id, id), id});
    }
    if (page.size() < kPageOfDevices) return members;
    query.after = page.back().device.id;
  }
}

std::vector<fleet::Vitals> Rollouts::vitals(const std::vector<std::string>& devices) {
  if (!devices.empty()) sightings_.flush(store_);
  std::vector<fleet::Vitals> all;
  for (const std::string& id : devices) {
    fleet::Vitals vitals;
    if (const std::optional<Device> device = store_.device(id)) {
      vitals.resets = static_cast<uint32_t>(std::min<int64_t>(device->resets, UINT32_MAX));
      vitals.seen_s = device->last_seen_s;
      vitals.heap_bytes = device->health.heap_low_water_bytes;
      vitals.rssi_dbm_below_zero = static_cast<uint16_t>(std::max(0, -device->health.rssi_dbm));
      vitals.metrics = parse_device_metrics(device->metrics).value_or(vitals.metrics);
    }
    all.push_back(vitals);
  }
  return all;
}

}  // namespace otter::server
