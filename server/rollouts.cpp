#include "server/rollouts.h"

#include "fleet/cohort.h"
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

Rollouts::Rollouts(Store& store, Sightings& sightings, int64_t check_interval_s)
    : store_(store),
      sightings_(sightings),
      book_(*this, check_interval_s),
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
  const std::vector<fleet::RolloutRecord> proposed = book_.propose(now_s);
  flush_parts();  // first: their pairs are evidence in what was proposed
  for (const fleet::RolloutRecord& record : proposed) {
    // Who was quicker has the newer revision, and it is looked at again the next time.
    if (!store_.put_rollout(record)) continue;
    const std::optional<fleet::Book::View> before = book_.view_one(record.plan.id, now_s);
    book_.adopt(record);
    const bool has_moved = before.has_value() && before->record.state.phase != record.state.phase;
    if (has_moved) tell(audience, record, now_s);
  }
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
    if (error) book_.withdraw(part);
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
  DeviceQuery query;
  query.product = plan.product;
  query.count_max = kPageOfDevices;
  for (;;) {
    const std::vector<DeviceSummary> page = store_.devices(query);
    for (const DeviceSummary& summary : page) {
      const Device& device = summary.device;
      if (!is_member(device)) continue;
      members.push_back({fleet::cohort_place(plan.id, device.id), device.id});
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
      vitals.seen_s = device->last_seen_s;
    }
    all.push_back(vitals);
  }
  return all;
}

}  // namespace otter::server
