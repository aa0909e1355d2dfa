// What time does to rollouts.
#include <algorithm>

#include "fleet/book_entry.h"
#include "fleet/cohort.h"

namespace otter::fleet {
namespace {

constexpr int64_t kMembersKeptMin = 600;         // [s] then the group is asked for anew
constexpr int64_t kMembersKeptLong = 24 * 3600;  // [s] where it is complete
constexpr int64_t kGapMin = 600;  // [s] between two calls: the clock has jumped, or it slept
constexpr size_t kPairsAtOnceMax = 1000;  // of one rollout, in one propose()
constexpr size_t kControlsSpare = 16;     // tried beside those that are needed
constexpr int64_t kIntervalsHeardOf = 2;  // by then each device that is alive has been heard of

}  // namespace

// Who might be a control.
struct Candidate {
  std::string device;
  size_t tried = 0;  // how many members were looked at, from the end, itself among them
};

// What has to be asked of the roster, without holding up who checks in.
struct Book::Errand {
  std::string rollout;
  std::optional<Plan> members_of;  // asked for anew
  std::vector<Member> members;
  std::vector<std::string> closing;  // devices whose pairs are due
  std::vector<std::string> opening;  // devices that get a control
  std::vector<Candidate> controls;   // who might be one
  std::vector<std::string> asked;    // of whom vitals are needed
  std::unordered_map<std::string, Vitals> vitals;
};

void Book::lose_overdue(Entry& entry, int64_t now_s) {
  const int64_t limit_s = entry.plan().time_limit_s;
  const bool may_lose = watched_s(now_s) >= limit_s;
  std::vector<std::pair<std::string, Part>> changed;
  for (const std::string& device : entry.open) {
    Part part = entry.parts.at(device).part;
    if (part.started_s > now_s) {  // the clock was set back: its time begins anew
      part.started_s = now_s;
    } else if (may_lose && now_s - part.started_s >= limit_s) {
      part.end = End::lost;
      part.ended_s = now_s;
    } else {
      continue;
    }
    changed.emplace_back(device, part);
  }
  for (const auto& [device, part] : changed) set_part(entry, entry.parts.at(device), part);
}

Book::Errand Book::errand_of(const Entry& entry, int64_t now_s) const {
  Errand errand;
  errand.rollout = entry.plan().id;
  const int64_t kept_s = std::max(kMembersKeptMin, check_interval_s_);
  const bool is_complete = entry.state().phase == Phase::complete;
  const bool is_stale = entry.members_at_s == 0 || now_s < entry.members_at_s ||
                        now_s - entry.members_at_s >= (is_complete ? kMembersKeptLong : kept_s);
  if (is_stale) errand.members_of = entry.plan();
  for (const std::string& device : entry.paired) {
    const PartRecord& record = entry.parts.at(device);
    if (!is_due(entry, record, now_s)) continue;
    errand.closing.push_back(device);
    if (!entry.arm().exists()) errand.asked.push_back(record.pair.control);
  }
  const size_t opening = std::min(entry.unpaired.size(), kPairsAtOnceMax);
  errand.opening.assign(entry.unpaired.begin(),
                        entry.unpaired.begin() + static_cast<std::ptrdiff_t>(opening));
  const size_t wanted = opening == 0 || entry.arm().exists() ? 0 : opening + kControlsSpare;
  for (size_t tried = entry.controls_tried;
       tried < entry.members.size() && errand.controls.size() < wanted; ++tried) {
    const Member& member = entry.members[entry.members.size() - 1 - tried];
    if (member.place <= entry.state().bound) break;
    if (entry.parts.contains(member.id) || entry.controls.contains(member.id)) continue;
    errand.controls.push_back({member.id, tried + 1});
    errand.asked.push_back(member.id);
  }
  for (const auto* list : {&errand.closing, &errand.opening}) {
    errand.asked.insert(errand.asked.end(), list->begin(), list->end());
  }
  return errand;
}

// A pair is over with its time, or when the clock was set back; or once its control's turn has
// come: then, and not when the control gets the release, for that is when it is heard of, and the
// device may be silent.
bool Book::is_due(const Entry& entry, const PartRecord& record, int64_t now_s) const {
  const Pair& pair = record.pair;
  if (pair.until_s <= now_s || pair.since_s > now_s) return true;
  if (entry.arm().exists()) return false;
  return cohort_place(entry.plan().id, pair.control) <= entry.state().bound;
}

std::vector<Book::Errand> Book::begin_errands(int64_t now_s) {
  const std::lock_guard<std::mutex> lock(lock_);
  std::vector<Errand> errands;
  take_time(now_s);
  for (const auto& [id, entry] : entries_) {
    lose_overdue(*entry, now_s);
    if (is_over(entry->state().phase)) continue;
    errands.push_back(errand_of(*entry, now_s));
  }
  return errands;
}

void Book::run(Errand& errand) {
  if (errand.members_of.has_value()) {
    errand.members = roster_.members(*errand.members_of);
    std::ranges::sort(errand.members, {}, &Member::place);
  }
  const std::vector<Vitals> vitals = roster_.vitals(errand.asked);
  for (size_t index = 0; index < vitals.size(); ++index) {
    errand.vitals[errand.asked[index]] = vitals[index];
  }
}

// Adds what became of the pairs whose time is over.
void Book::close_pairs(Entry& entry, const Errand& errand, int64_t now_s) {
  for (const std::string& device : errand.closing) {
    const auto part = entry.parts.find(device);
    if (part == entry.parts.end() || part->second.pair.is_over) continue;
    PartRecord& record = part->second;
    PairNow now = {now_s, check_interval_s_, errand.vitals.at(device), {}};
    if (entry.arm().exists()) {
      const bool has_confirmed = record.part.end == End::confirmed;
      record.pair.value = value_of(entry.arm(), record.pair, now, has_confirmed);
    } else {
      now.control = errand.vitals.at(record.pair.control);
      add_pair(entry.record.health, entry.plan().gates.metrics, record.pair, now);
    }
    record.pair.is_over = true;
    entry.paired.erase(device);
    note_change(entry, record);
  }
}

// Gives confirmed devices their controls: those whose turn is furthest away, each once. Both have
// to be alive then: a device that has waited long for its control may be none to compare.
void Book::open_pairs(Entry& entry, const Errand& errand, int64_t now_s) {
  auto candidate = errand.controls.begin();
  for (const std::string& device : errand.opening) {
    if (entry.unpaired.empty() || entry.unpaired.front() != device) return;
    PartRecord& record = entry.parts.at(device);
    if (record.part.end != End::confirmed) {
      entry.unpaired.pop_front();
      continue;
    }
    if (!is_alive(errand, device, now_s)) {  // perhaps later
      entry.unpaired.push_back(device);
      entry.unpaired.pop_front();
      continue;
    }
    const auto can_control = [&](const Candidate& tried) {
      return !entry.parts.contains(tried.device) && is_alive(errand, tried.device, now_s);
    };
    candidate = std::find_if(candidate, errand.controls.end(), can_control);
    if (candidate == errand.controls.end()) break;
    const std::string& control = candidate->device;
    record.pair = {control,
                   now_s,
                   now_s + entry.plan().gates.health_window_s,
                   errand.vitals.at(device).resets,
                   errand.vitals.at(control).resets,
                   false};
    entry.controls.emplace(control, device);
    entry.paired.insert(device);
    entry.unpaired.pop_front();
    entry.controls_tried = candidate->tried;
    ++candidate;
    note_change(entry, record);
  }
  if (candidate == errand.controls.end() && !errand.controls.empty()) {
    entry.controls_tried = errand.controls.back().tried;
  }
}

// Devices that have entered an arm are watched from now on, each as long as each other one.
void Book::open_watches(Entry& entry, const Errand& errand, int64_t now_s) {
  for (const std::string& device : errand.opening) {
    if (entry.unpaired.empty() || entry.unpaired.front() != device) return;
    entry.unpaired.pop_front();
    const auto part = entry.parts.find(device);
    if (part == entry.parts.end() || part->second.pair.since_s != 0) continue;
    Pair& watch = part->second.pair;
    watch.since_s = now_s;
    watch.until_s = now_s + entry.arm().watch_s;
    watch.resets = errand.vitals.at(device).resets;
    entry.paired.insert(device);
    note_change(entry, part->second);
  }
}

bool Book::is_alive(const Errand& errand, const std::string& device, int64_t now_s) const {
  const int64_t seen_s = errand.vitals.at(device).seen_s;
  return seen_s != 0 && now_s - seen_s <= kIntervalsHeardOf * check_interval_s_;
}

// A server that was down, or whose clock has jumped, has not watched its devices in between.
void Book::take_time(int64_t now_s) {
  const int64_t gap = std::max(kGapMin, kIntervalsHeardOf * check_interval_s_);
  const bool has_gap = proposed_s_ == 0 || now_s < proposed_s_ || now_s - proposed_s_ > gap;
  if (has_gap) watched_since_s_ = now_s;
  proposed_s_ = now_s;
}

int64_t Book::watched_s(int64_t now_s) const {
  const int64_t watched = std::max(int64_t{0}, now_s - watched_since_s_);
  const bool has_heard_all = watched >= kIntervalsHeardOf * check_interval_s_;
  return has_heard_all ? std::numeric_limits<int64_t>::max() : watched;
}

std::vector<RolloutRecord> Book::propose(int64_t now_s) {
  std::vector<Errand> errands = begin_errands(now_s);
  for (Errand& errand : errands) run(errand);
  const std::lock_guard<std::mutex> lock(lock_);
  std::vector<RolloutRecord> proposed;
  for (Errand& errand : errands) {
    Entry& entry = *find(errand.rollout);
    close_pairs(entry, errand, now_s);
    if (entry.arm().exists()) {
      open_watches(entry, errand, now_s);
    } else {
      open_pairs(entry, errand, now_s);
    }
    if (errand.members_of.has_value()) {
      entry.members = std::move(errand.members);
      entry.members_at_s = now_s;
      entry.controls_tried = 0;
    }
    const bool changes_health =
        entry.record.health.front().pairs != entry.kept_health.front().pairs;
    RolloutRecord next = entry.record;
    next.state = step(next.plan, next.state, facts_of(entry, now_s));
    if (!changes_health && next.state == entry.state()) continue;
    ++next.revision;
    proposed.push_back(std::move(next));
  }
  return proposed;
}

Facts Book::facts_of(const Entry& entry, int64_t now_s) const {
  Facts facts;
  facts.now_s = now_s;
  facts.members = static_cast<uint32_t>(entry.members.size());
  facts.all = entry.all;
  facts.watched_s = watched_s(now_s);
  if (entry.stages.size() > entry.state().stage) facts.stage = entry.stages[entry.state().stage];
  const std::vector<MetricGate>& gates = entry.plan().gates.metrics;
  const Evidence evidence = strongest(entry.record.health);
  facts.health_tests = static_cast<uint32_t>(kHealthMetrics + gates.size());
  facts.log_evidence = evidence.log_evidence;
  facts.health_metric = subject_of_sums(gates, evidence.index);
  facts.place_at = [&entry](uint32_t rank) { return entry.members[rank].place; };
  return facts;
}

Book::View Book::view_of(const Entry& entry, int64_t now_s) const {
  View view;
  view.record = entry.record;
  const Facts facts = facts_of(entry, now_s);
  view.all = facts.all;
  view.stage = facts.stage;
  view.members = facts.members;
  view.quota = quota(entry.plan().stages.at(entry.state().stage), facts.members);
  return view;
}

}  // namespace otter::fleet
