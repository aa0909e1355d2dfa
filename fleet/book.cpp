#include "fleet/book.h"

#include <algorithm>
#include <tuple>

#include "fleet/book_entry.h"
#include "fleet/cohort.h"
#include "fleet/time_units.h"

namespace otter::fleet {
namespace {

bool holds_devices(Phase phase) { return is_offering(phase) || phase == Phase::paused; }

// The end that a device's word leads to, or none if it changes nothing.
std::optional<End> end_after(End end, Word word, Phase phase) {
  const bool goes_back = phase == Phase::returning || phase == Phase::returned;
  const bool is_undecided = end == End::open || end == End::lost;
  switch (word) {
    case Word::confirmed:
      if (is_undecided || end == End::failed) return End::confirmed;
      return std::nullopt;
    case Word::rolled_back:
      if (end == End::confirmed && goes_back) return End::returned;
      if (is_undecided || end == End::confirmed || end == End::failed) return End::rolled_back;
      return std::nullopt;
    case Word::refused:
      if (is_undecided || end == End::failed) return End::refused;
      return std::nullopt;
    case Word::failed:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

Tally& Book::Entry::stage_of(const Part& part) {
  if (stages.size() <= part.stage) stages.resize(part.stage + 1);
  return stages[part.stage];
}

// Can a visit of the device come to anything? Most rollouts are over, and most parts.
bool Book::may_act(const Entry& entry, const std::string& device) {
  if (entry.arm().exists() && !is_dealt(entry.arm(), device)) return false;
  const Phase phase = entry.state().phase;
  const bool goes_back = phase == Phase::returning || phase == Phase::returned;
  if (!is_offering(phase) && !goes_back) return false;
  const auto part = entry.parts.find(device);
  const End end = part == entry.parts.end() ? End::skipped : part->second.part.end;
  return goes_back ? end == End::confirmed : end == End::open || end == End::skipped;
}

void count(Tally& tally, const Part& part, int by) {
  const auto add = [by](uint32_t& figure) { figure += static_cast<uint32_t>(by); };
  const bool is_present = part.reason == Reason::installed || part.reason == Reason::control;
  if (part.end == End::skipped && is_present) add(tally.present);
  if (part.end == End::skipped) return add(tally.skipped);
  add(tally.started);
  switch (part.end) {
    case End::confirmed:
      return add(tally.confirmed);
    case End::returned:  // it had confirmed it
      add(tally.confirmed);
      return add(tally.returned);
    case End::rolled_back:
      return add(tally.rolled_back);
    case End::refused:
      return add(tally.refused);
    case End::failed:
      return add(tally.failed);
    case End::lost:
      return add(tally.lost);
    case End::open:
    case End::skipped:
      return;
  }
}

Book::Book(Roster& roster, int64_t check_interval_s)
    : roster_(roster), check_interval_s_(check_interval_s) {}

Book::~Book() = default;

Book::Entry* Book::find(const std::string& id) {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : found->second.get();
}

void Book::adopt(const RolloutRecord& record) {
  const std::lock_guard<std::mutex> lock(lock_);
  std::unique_ptr<Entry>& entry = entries_[record.plan.id];
  if (entry != nullptr) {
    if (record.revision <= entry->record.revision) return;
    const HealthSums health =
        with_gates(entry->record.health, entry->plan().gates.metrics, record.plan.gates.metrics);
    entry->record = record;
    entry->record.health = health;
    entry->kept_health = record.health;
    sort_by_priority(record.plan.product);
    return;
  }
  entry = std::make_unique<Entry>();
  entry->record = record;
  entry->kept_health = record.health;
  products_[record.plan.product].push_back(entry.get());
  sort_by_priority(record.plan.product);
}

void Book::sort_by_priority(const std::string& product) {
  std::ranges::sort(products_[product], [](const Entry* a, const Entry* b) {
    if (a->plan().priority != b->plan().priority) return a->plan().priority > b->plan().priority;
    if (a->arm().exists() != b->arm().exists()) return a->arm().exists();
    return a->plan().id < b->plan().id;
  });
}

void Book::load(const std::vector<PartRecord>& parts) {
  const std::lock_guard<std::mutex> lock(lock_);
  for (const PartRecord& loaded : parts) {
    Entry* const entry = find(loaded.rollout);
    if (entry == nullptr) continue;
    const auto [place, is_new] = entry->parts.emplace(loaded.device, loaded);
    if (!is_new) continue;
    PartRecord& record = place->second;
    const Part part = record.part;
    record.part.end = End::skipped;
    count(entry->all, record.part, 1);
    count(entry->stage_of(part), record.part, 1);
    set_part(*entry, record, part);
    if (entry->arm().exists()) enter(*entry, record);
    if (record.pair.control.empty()) continue;
    entry->controls.emplace(record.pair.control, record.device);
    if (!record.pair.is_over) entry->paired.insert(record.device);
  }
  changed_.clear();
}

// Sets it, and all that is counted from parts.
void Book::set_part(Entry& entry, PartRecord& record, const Part& part) {
  const End before = record.part.end;
  count(entry.all, record.part, -1);
  count(entry.stage_of(record.part), record.part, -1);
  if (before == End::open) {
    entry.open.erase(record.device);
    if (--entry.open_at[record.site] == 0) entry.open_at.erase(record.site);
    close_offer(entry, record);
  }
  record.part = part;
  count(entry.all, part, 1);
  count(entry.stage_of(part), part, 1);
  if (part.end == End::open) {
    entry.open.insert(record.device);
    ++entry.open_at[record.site];
    open_offer(entry, record);
  }
  const bool is_to_pair = part.end == End::confirmed && before != End::confirmed &&
                          record.pair.control.empty() && entry.watches_health();
  if (is_to_pair) entry.unpaired.push_back(record.device);
  note_change(entry, record);
}

void Book::open_offer(Entry& entry, const PartRecord& record) {
  const auto begun = [&record](const Entry* at) {
    return std::pair(at->parts.at(record.device).part.started_s, at->plan().id);
  };
  std::vector<Entry*>& at = open_[record.device];
  at.insert(std::ranges::upper_bound(at, begun(&entry), {}, begun), &entry);
}

void Book::close_offer(Entry& entry, const PartRecord& record) {
  const auto found = open_.find(record.device);
  std::erase(found->second, &entry);
  if (found->second.empty()) open_.erase(found);
}

// Is the device at another rollout, which it began later?
bool Book::is_elsewhere(const Entry& entry, const std::string& device) const {
  const auto found = open_.find(device);
  if (found == open_.end()) return false;
  for (auto at = found->second.rbegin(); at != found->second.rend(); ++at) {
    if (*at == &entry) return false;
    if (holds_devices((*at)->state().phase)) return true;
  }
  return false;
}

void Book::note_change(const Entry& entry, const PartRecord& record) {
  changed_.emplace_back(entry.plan().id, record.device);
}

// From now on the device is the experiment's.
void Book::enter(Entry& entry, const PartRecord& record) {
  entered_[record.device].push_back(&entry);
  if (record.pair.is_over) return;
  if (record.pair.since_s == 0) {
    entry.unpaired.push_back(record.device);
  } else {
    entry.paired.insert(record.device);
  }
}

// The arm of an experiment that runs; of several, one of which was halted, the later one's.
const Book::Entry* Book::holder_of(const std::string& device) const {
  const auto found = entered_.find(device);
  if (found == entered_.end()) return nullptr;
  const auto begun = [&device](const Entry* at) {
    return std::pair(at->parts.at(device).part.started_s, at->plan().id);
  };
  const Entry* holder = nullptr;
  for (const Entry* at : found->second) {
    if (!holds_devices(at->state().phase)) continue;
    if (holder == nullptr || begun(at) > begun(holder)) holder = at;
  }
  return holder;
}

// Does another experiment, which has the device, keep it from this one?
bool Book::is_held(const Entry& entry, const Entry* holder) const {
  if (holder == nullptr || holder == &entry) return false;
  return entry.arm().exists() || entry.plan().priority <= holder->plan().priority;
}

void Book::ask_fit(const Entry& entry, const Guest& guest, Visit& visit) const {
  // Who runs an arm's release already could neither confirm it nor fail with it.
  const bool needs_news =
      entry.arm().exists() && visit.part == nullptr && entry.arm().metric == Metric::confirmed;
  const auto ask = [&](const Plan& plan) {
    const Fit fit = guest.fit(plan);
    if (needs_news && fit.runs_it) visit.unfit = name(Reason::installed);
    if (plan.version == entry.plan().version) visit.runs_it = fit.runs_it;
    if (visit.unfit == nullptr && !(entry.arm().exists() && fit.runs_it)) visit.unfit = fit.unfit;
    visit.has_failed = visit.has_failed || fit.has_failed;
  };
  if (!entry.plan().version.empty()) ask(entry.plan());
  if (!entry.arm().exists() || visit.part != nullptr) return;
  for (const std::string& version : entry.arm().versions) {
    if (version.empty() || version == entry.plan().version) continue;
    Plan other;
    other.product = entry.plan().product;
    other.version = version;
    other.config_version = configuration_named(version);
    ask(other);
  }
}

Visit Book::visit_of(const Entry& entry, const Guest& guest, const Entry* holder,
                     int64_t now_s) const {
  Visit visit;
  visit.now_s = now_s;
  visit.place = cohort_place(entry.plan().id, guest.id());
  const Window& window = entry.plan().window;
  if (window.from_min != window.to_min) visit.utc_offset_min = guest.utc_offset_min();
  const auto part = entry.parts.find(guest.id());
  visit.part = part == entry.parts.end() ? nullptr : &part->second.part;
  // Who has its outcome stays what it is, in the group or not; and who has entered an arm, in it.
  const bool has_entered = entry.arm().exists() && visit.part != nullptr;
  visit.is_in_group = has_entered || guest.is_in_group(entry.plan());
  visit.is_latecomer = guest.created_s() > entry.state().began_s;
  if (visit.is_in_group || visit.part != nullptr) ask_fit(entry, guest, visit);
  visit.is_busy = is_elsewhere(entry, guest.id());
  visit.is_held = is_held(entry, holder);
  const auto site = entry.open_at.find(guest.site());
  visit.open_at_site = site == entry.open_at.end() ? 0 : site->second;
  return visit;
}

Traffic Book::traffic_of(const Entry& entry) const {
  return {entry.all, static_cast<uint32_t>(entry.members.size()),
          entry.bytes_free_at_us / kMicroseconds};
}

PartRecord Book::begin(Entry& entry, const Guest& guest, const Decision& decision, int64_t now_s) {
  const auto [place, is_new] = entry.parts.try_emplace(guest.id());
  PartRecord& record = place->second;
  if (is_new) {
    record.rollout = entry.plan().id;
    record.device = guest.id();
    record.part.end = End::skipped;
    record.part.stage = entry.state().stage;
    count(entry.all, record.part, 1);
    count(entry.stage_of(record.part), record.part, 1);
    if (entry.arm().exists()) enter(entry, record);
  }
  if (!is_new) entry.skipped[guest.id()] = record.part;
  record.site = guest.site();
  Part part;
  part.stage = entry.state().stage;
  part.started_s = now_s;
  part.end = decision.starts ? End::open : End::skipped;
  part.reason = decision.reason;
  set_part(entry, record, part);
  if (part.end != End::open) return record;
  entry.unkept[guest.id()] = 1;
  // Within a second several may begin; if it is free in a later one, then the clock was set back.
  const int64_t now_us = now_s * kMicroseconds;
  const int64_t free_us = entry.bytes_free_at_us;
  const bool is_now = free_us > now_us && free_us < now_us + kMicroseconds;
  entry.bytes_free_at_us = (is_now ? free_us : now_us) + download_us(entry.plan());
  return record;
}

Choice Book::choose(const Guest& guest, int64_t now_s) {
  const std::lock_guard<std::mutex> lock(lock_);
  Choice choice;
  const auto of_product = products_.find(guest.product());
  if (of_product == products_.end()) return choice;
  for (Entry* const entry : of_product->second) {
    if (!may_act(*entry, guest.id())) continue;
    const Visit visit = visit_of(*entry, guest, holder_of(guest.id()), now_s);
    const Decision decision = decide(entry->plan(), entry->state(), traffic_of(*entry), visit);
    if (decision.skips) begin(*entry, guest, decision, now_s);
    // A configuration goes back by itself, once nothing gives it to the device any more.
    if (decision.reason == Reason::taken_back && !entry->plan().is_configuration()) {
      choice.rollout = entry->plan().id;
      choice.version = entry->plan().version;
      choice.goes_back = true;
      return choice;
    }
    const bool has_returned = visit.part != nullptr && visit.part->end == End::confirmed &&
                              !visit.runs_it && entry->state().phase == Phase::returning;
    if (has_returned) {
      note_part(*entry, entry->parts.at(guest.id()), Word::rolled_back, now_s);
    }
    if (!decision.offers()) continue;
    choice.rollout = entry->plan().id;
    choice.version = entry->plan().version;
    choice.config_version = entry->plan().config_version;
    if (decision.starts) {
      choice.starts = begin(*entry, guest, decision, now_s);
    } else if (const auto writes = entry->unkept.find(guest.id()); writes != entry->unkept.end()) {
      ++writes->second;
      choice.starts = entry->parts.at(guest.id());
    }
    return choice;
  }
  return choice;
}

void Book::confirm(const PartRecord& part) {
  const std::lock_guard<std::mutex> lock(lock_);
  Entry* const entry = find(part.rollout);
  if (entry != nullptr) entry->unkept.erase(part.device);
}

void Book::withdraw(const PartRecord& part) {
  const std::lock_guard<std::mutex> lock(lock_);
  Entry* const entry = find(part.rollout);
  if (entry == nullptr) return;
  // One of several writes that was made is enough, and the last that could not be made counts.
  const auto writes = entry->unkept.find(part.device);
  if (writes == entry->unkept.end() || --writes->second > 0) return;
  entry->unkept.erase(writes);
  const auto found = entry->parts.find(part.device);
  if (found == entry->parts.end() || found->second.part.end != End::open) return;
  entry->bytes_free_at_us -= download_us(entry->plan());
  const auto before = entry->skipped.find(part.device);
  if (before != entry->skipped.end()) return set_part(*entry, found->second, before->second);
  Part skipped = found->second.part;
  skipped.end = End::skipped;
  set_part(*entry, found->second, skipped);
  forget_part(*entry, part.device);
}

// REQUIRES: its end is `skipped`
void Book::forget_part(Entry& entry, const std::string& device) {
  const auto found = entry.parts.find(device);
  count(entry.all, found->second.part, -1);
  count(entry.stage_of(found->second.part), found->second.part, -1);
  entry.parts.erase(found);
  entry.paired.erase(device);
  if (entry.arm().exists()) std::erase(entered_[device], &entry);
  std::erase_if(changed_, [&](const auto& changed) {
    return changed.first == entry.plan().id && changed.second == device;
  });
}

std::vector<Line> Book::explain(const Guest& guest, int64_t now_s) {
  const std::lock_guard<std::mutex> lock(lock_);
  std::vector<Line> lines;
  const auto of_product = products_.find(guest.product());
  if (of_product == products_.end()) return lines;
  const Entry* holder = holder_of(guest.id());
  for (const Entry* const entry : of_product->second) {
    const Arm& arm = entry->arm();
    if (arm.exists() && !is_dealt(arm, guest.id())) continue;
    const Visit visit = visit_of(*entry, guest, holder, now_s);
    const Decision decision = decide(entry->plan(), entry->state(), traffic_of(*entry), visit);
    if (arm.exists() && decision.enters()) holder = entry;
    lines.push_back({entry->plan().id, entry->plan().version, arm.experiment, arm.name, decision});
  }
  return lines;
}

uint32_t Book::configuration_of(const std::string& product, const std::string& device) {
  const std::lock_guard<std::mutex> lock(lock_);
  const auto of_product = products_.find(product);
  if (of_product == products_.end()) return 0;
  const Entry* last = nullptr;
  const auto made = [](const Entry* entry) {
    return std::pair(entry->record.created_s, entry->plan().id);
  };
  for (const Entry* const entry : of_product->second) {
    const Phase phase = entry->state().phase;
    const bool is_all = phase == Phase::complete && entry->plan().group.empty();
    const bool gives = holds_devices(phase) || phase == Phase::halted;
    if (!entry->plan().is_configuration() || !gives || is_all) continue;
    const auto part = entry->parts.find(device);
    if (part == entry->parts.end()) continue;
    const Part& at = part->second.part;
    const bool had_it = at.end == End::skipped && at.reason == Reason::installed;
    const bool has_it = had_it || at.end == End::open || at.end == End::confirmed;
    if (has_it && (last == nullptr || made(entry) > made(last))) last = entry;
  }
  return last == nullptr ? 0 : last->plan().config_version;
}

// It counts neither as failing nor as silent: it is gone because somebody says so.
std::vector<PartRecord> Book::parts_without(const std::string& device) {
  const std::lock_guard<std::mutex> lock(lock_);
  std::vector<PartRecord> parts;
  for (const auto& [id, entry] : entries_) {
    const auto control = entry->controls.find(device);
    const bool is_control = control != entry->controls.end();
    for (const std::string& each : {device, is_control ? control->second : std::string()}) {
      const auto found = entry->parts.find(each);
      if (found == entry->parts.end()) continue;
      PartRecord record = found->second;
      if (each == device && record.part.end == End::open) {
        record.part.end = End::skipped;
        record.part.reason = Reason::not_in_group;
      }
      if (entry->arm().exists() && !record.pair.is_over) record.pair.since_s = 0;
      record.pair.is_over = true;
      parts.push_back(std::move(record));
    }
  }
  return parts;
}

void Book::drop(const std::vector<PartRecord>& parts) {
  const std::lock_guard<std::mutex> lock(lock_);
  for (const PartRecord& after : parts) {
    Entry& entry = *find(after.rollout);
    const auto found = entry.parts.find(after.device);
    if (found == entry.parts.end()) continue;
    entry.paired.erase(after.device);
    entry.unkept.erase(after.device);
    std::erase(entry.unpaired, after.device);
    found->second.pair = after.pair;
    set_part(entry, found->second, after.part);
  }
}

void Book::note_part(Entry& entry, PartRecord& record, Word word, int64_t now_s) {
  if (word == Word::failed) {
    // While the pause lasts, no attempt is under way: it is the former one's report again.
    const bool is_again = waits_for_retry(entry.plan(), record.part, now_s);
    if (record.part.end != End::open || is_again) return;
    set_part(entry, record, failed_attempt(entry.plan(), record.part, now_s));
    return;
  }
  const std::optional<End> end = end_after(record.part.end, word, entry.state().phase);
  if (!end.has_value()) return;
  Part part = record.part;
  part.end = *end;
  part.ended_s = now_s;
  set_part(entry, record, part);
}

void Book::note(const std::string& product, const std::string& version, const std::string& device,
                Word word, int64_t now_s) {
  const std::lock_guard<std::mutex> lock(lock_);
  const auto of_product = products_.find(product);
  if (of_product == products_.end()) return;
  for (Entry* const entry : of_product->second) {
    if (entry->plan().version != version) continue;
    const auto part = entry->parts.find(device);
    if (part == entry->parts.end() || part->second.part.end == End::skipped) continue;
    note_part(*entry, part->second, word, now_s);
  }
}

std::vector<PartRecord> Book::take_changed_parts() {
  const std::lock_guard<std::mutex> lock(lock_);
  std::ranges::sort(changed_);
  const auto repeated = std::ranges::unique(changed_);
  changed_.erase(repeated.begin(), repeated.end());
  std::vector<PartRecord> records;
  for (const auto& [rollout, device] : changed_) {
    Entry* const entry = find(rollout);
    const auto part = entry->parts.find(device);
    if (part != entry->parts.end()) records.push_back(part->second);
  }
  changed_.clear();
  return records;
}

void Book::return_changed_parts(const std::vector<PartRecord>& parts) {
  const std::lock_guard<std::mutex> lock(lock_);
  for (const PartRecord& part : parts) changed_.emplace_back(part.rollout, part.device);
}

std::vector<Book::View> Book::view(const std::string& product, int64_t now_s) {
  const std::lock_guard<std::mutex> lock(lock_);
  std::vector<View> views;
  for (const auto& [id, entry] : entries_) {
    if (entry->arm().exists()) continue;
    if (product.empty() || entry->plan().product == product)
      views.push_back(view_of(*entry, now_s));
  }
  return views;
}

std::vector<Book::ArmView> Book::arms(const std::string& experiment, int64_t now_s) {
  const std::lock_guard<std::mutex> lock(lock_);
  std::vector<ArmView> arms;
  const std::string prefix = experiment + kArmMark;
  for (auto at = entries_.lower_bound(prefix);
       at != entries_.end() && at->first.starts_with(prefix); ++at) {
    const Entry& entry = *at->second;
    arms.push_back({view_of(entry, now_s), static_cast<uint32_t>(entry.parts.size()), {}});
    std::vector<const PartRecord*> watched;
    for (const auto& [device, record] : entry.parts) {
      if (record.pair.is_over && record.pair.since_s != 0) watched.push_back(&record);
    }
    std::ranges::sort(watched, {}, [](const PartRecord* record) {
      return std::tie(record->pair.since_s, record->device);
    });
    for (const PartRecord* record : watched) arms.back().values.push_back(record->pair.value);
  }
  std::ranges::sort(arms, {}, [](const ArmView& arm) { return arm.view.record.plan.arm.index; });
  return arms;
}

std::optional<Book::View> Book::view_one(const std::string& id, int64_t now_s) {
  const std::lock_guard<std::mutex> lock(lock_);
  const Entry* const entry = find(id);
  return entry == nullptr ? std::nullopt : std::optional(view_of(*entry, now_s));
}

std::optional<RolloutRecord> Book::wanted(
    const std::string& id,
    const std::function<State(const Plan&, const State&, const Facts&)>& change, int64_t now_s) {
  const std::lock_guard<std::mutex> lock(lock_);
  const Entry* const entry = find(id);
  if (entry == nullptr) return std::nullopt;
  RolloutRecord record = entry->record;
  record.health = entry->kept_health;  // for the parts of newer evidence may not be kept
  record.state = change(record.plan, record.state, facts_of(*entry, now_s));
  if (record.state != entry->state()) ++record.revision;
  return record;
}

std::vector<PartRecord> Book::parts(const std::string& id, const std::string& after,
                                    size_t count_max) {
  const std::lock_guard<std::mutex> lock(lock_);
  std::vector<PartRecord> all;
  const Entry* const entry = find(id);
  if (entry == nullptr) return all;
  for (const auto& [device, record] : entry->parts) {
    if (device > after) all.push_back(record);
  }
  const auto by_device = [](const PartRecord& a, const PartRecord& b) {
    return a.device < b.device;
  };
  const size_t count = std::min(count_max, all.size());
  std::ranges::partial_sort(all, all.begin() + static_cast<std::ptrdiff_t>(count), by_device);
  all.resize(count);
  return all;
}

}  // namespace otter::fleet
